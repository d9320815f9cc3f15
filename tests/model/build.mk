# SPDX-License-Identifier: GPL-2.0-or-later
#
# Models of the steps without a lock, for spin.  MODELS="name ..." chooses.

.PHONY: check-models

check-models: ## every interleaving of the lockless steps, in spin; MODELS= chooses
	@$(install-packages) models
	$(Q)CC='$(CC)' tests/model/run $(MODELS)
