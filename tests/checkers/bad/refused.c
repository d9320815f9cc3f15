// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes it for granted that allocations and copies succeed.
 *
 * Kernel: debug
 * Expected: BUG: kmalloc failed
 * Expected: BUG: alloc_page failed
 * Expected: BUG: copy_from_user failed
 */
#include <linux/gfp.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "bad.h"

/* The next chance to fail is taken.  What did not happen would not be printed. */
static void fail_next(void)
{
	current->fail_nth = 1;
}

static noinline int bad_init(void)
{
	unsigned long user;
	struct page *page;
	char *buffer;

	user = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(user))
		return (int)user;

	fail_next();
	buffer = kmalloc(24, GFP_KERNEL);
	if (!buffer)
		pr_err("BUG: kmalloc failed\n");
	kfree(buffer);

	fail_next();
	page = alloc_page(GFP_KERNEL);
	if (page)
		__free_page(page);
	else
		pr_err("BUG: alloc_page failed\n");

	fail_next();
	if (copy_from_user(&page, (void __user *)user, sizeof(page)))
		pr_err("BUG: copy_from_user failed\n");
	current->fail_nth = 0;
	return 0;
}

BAD_MODULE(bad_init);
