// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages and their memory: see message.h.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <linux/vmalloc.h>

#include "account.h"
#include "message.h"
#include "passfd.h"
#include "words.h"

static struct kmem_cache *message_cache;

/*
 * Having a constructor keeps the allocator from zeroing what is overwritten
 * anyway; what is never written is never read: a payload is copied out as far as
 * it was copied in.
 */
static void message_construct(void *memory)
{
	struct ipcq_message *message = memory;

	message->payload = NULL;
}

int ipcq_message_init(void)
{
	const unsigned int payload = offsetof(struct ipcq_message, inline_payload);

	message_cache = kmem_cache_create_usercopy("ipcq_message",
						   sizeof(struct ipcq_message),
						   0, SLAB_HWCACHE_ALIGN,
						   payload, IPCQ_INLINE_SIZE,
						   message_construct);
	return message_cache ? 0 : -ENOMEM;
}

void ipcq_message_exit(void)
{
	kmem_cache_destroy(message_cache);
}

/* The class of the smallest messages that take a payload of @length bytes. */
u32 ipcq_message_class(u32 length)
{
	if (length <= IPCQ_INLINE_SIZE)
		return 0;
	return fls(length - 1) - IPCQ_CLASS_SHIFT;
}

static size_t buffer_size(u32 class)
{
	return class ? 1UL << (class + IPCQ_CLASS_SHIFT) : 0;
}

/* Bytes that a message of a class takes from the kernel, and is charged for. */
u32 ipcq_message_memory(u32 class)
{
	return sizeof(struct ipcq_message) + buffer_size(class);
}

/* In one piece where that is easily had, else mapped together from pages. */
static void *buffer_new(size_t size)
{
	return kmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN) ?:
	       __vmalloc(size, IPCQ_GFP);
}

/**
 * ipcq_message_new() - allocate and charge a message
 * @sender: whose it is, and whose account pays
 * @class: its class
 *
 * Return: the message; ERR_PTR(-EDQUOT) or ERR_PTR(-ENOMEM).
 */
struct ipcq_message *ipcq_message_new(struct ipcq_sender *sender, u32 class)
{
	struct ipcq_account *account = sender->account;
	struct ipcq_message *message;
	int ret;

	ret = ipcq_account_charge(account, IPCQ_RESOURCE_MESSAGE_BYTES,
				  ipcq_message_memory(class));
	if (ret)
		return ERR_PTR(ret);

	message = kmem_cache_alloc(message_cache, IPCQ_GFP);
	if (!message)
		goto err_charge;
	message->payload = message->inline_payload;
	if (class) {
		message->payload = buffer_new(buffer_size(class));
		if (!message->payload)
			goto err_message;
	}
	message->class = class;
	message->special = 0;
	message->sender = ipcq_sender_get(sender);
	return message;

err_message:
	kmem_cache_free(message_cache, message);
err_charge:
	ipcq_account_uncharge(account, IPCQ_RESOURCE_MESSAGE_BYTES,
			      ipcq_message_memory(class));
	return ERR_PTR(-ENOMEM);
}

void ipcq_message_free(struct ipcq_message *message)
{
	ipcq_account_uncharge(message->sender->account,
			      IPCQ_RESOURCE_MESSAGE_BYTES,
			      ipcq_message_memory(message->class));
	ipcq_sender_put(message->sender);
	if (message->class)
		kvfree(message->payload);
	kmem_cache_free(message_cache, message);
}

/* The files that a message carries, if it does, are of no more use; no lock is held. */
void ipcq_message_put_files(struct ipcq_message *message)
{
	if (!(message->special & IPCQ_SPECIAL_FILES))
		return;
	message->special &= ~IPCQ_SPECIAL_FILES;
	ipcq_files_put(message->files, message->sender->account);
}

/*
 * Makes a message plain again, but for what the queue's lock protects (share.h); no lock is
 * held.
 */
void ipcq_message_undress(struct ipcq_message *message)
{
	ipcq_message_put_files(message);
	message->special &= message->special & IPCQ_SPECIAL_COUNTED ?
		IPCQ_SPECIAL_COUNTED | IPCQ_SPECIAL_FOREIGN : 0;
}

/**
 * ipcq_message_transfer() - let somebody else be the sender of a message
 * @message: the message, held by the caller
 * @sender: who is, and pays, from now on
 *
 * Return: 0; -EDQUOT, and then the message is as before.
 */
int ipcq_message_transfer(struct ipcq_message *message,
			  struct ipcq_sender *sender)
{
	struct ipcq_account *from = message->sender->account;
	u32 memory = ipcq_message_memory(message->class);
	int ret;

	if (sender->account != from) {
		ret = ipcq_account_charge(sender->account,
					  IPCQ_RESOURCE_MESSAGE_BYTES, memory);
		if (ret)
			return ret;
		ipcq_account_uncharge(from, IPCQ_RESOURCE_MESSAGE_BYTES, memory);
	}
	ipcq_sender_get(sender);
	ipcq_sender_put(message->sender);
	message->sender = sender;
	return 0;
}

/* Short payloads are copied word by word; they lie in the message itself. */
static bool copies_by_words(const struct ipcq_message *message,
			    const struct ipcq_buffer *user)
{
	return IPCQ_COPIES_WORDS && !message->class && !user->iter;
}

/* Copies a payload into a message whose class takes it.  Returns 0 or -EFAULT. */
int ipcq_message_fill(struct ipcq_message *message,
		      const struct ipcq_buffer *from)
{
	message->length = from->length;
	if (copies_by_words(message, from))
		return ipcq_words_in(message->payload, from->address,
				     from->length);
	if (from->iter)
		return copy_from_iter_full(message->payload, from->length,
					   from->iter) ? 0 : -EFAULT;
	return copy_from_user(message->payload, from->address, from->length) ?
		-EFAULT : 0;
}

/* Copies the payload of another message of the same class. */
void ipcq_message_copy(struct ipcq_message *message,
		       const struct ipcq_message *from)
{
	message->length = from->length;
	memcpy(message->payload, from->payload, from->length);
}

/* Copies a payload out, as far as the buffer takes it.  Returns 0 or -EFAULT. */
int ipcq_message_copy_out(const struct ipcq_message *message,
			  const struct ipcq_buffer *to)
{
	u32 length = min_t(size_t, message->length, to->length);

	if (copies_by_words(message, to))
		return ipcq_words_out(to->address, message->payload, length);
	if (to->iter)
		return copy_to_iter(message->payload, length, to->iter) ==
			length ? 0 : -EFAULT;
	return copy_to_user(to->address, message->payload, length) ?
		-EFAULT : 0;
}

/**
 * ipcq_message_copy_part() - copy a part of a payload out
 * @message: the message
 * @offset: where the part begins
 * @to: where to
 *
 * Return: how many bytes, 0 behind the end; -EFAULT.
 */
int ipcq_message_copy_part(const struct ipcq_message *message, u64 offset,
			   const struct ipcq_buffer *to)
{
	u32 length;

	if (offset >= message->length)
		return 0;
	length = min_t(size_t, message->length - offset, to->length);
	if (to->iter)
		return copy_to_iter(message->payload + offset, length, to->iter) ==
			length ? length : -EFAULT;
	return copy_to_user(to->address, message->payload + offset, length) ?
		-EFAULT : length;
}

static struct ipcq_message *next_of(struct ipcq_message *message)
{
	struct ipcq_order_entry *next = message->order.next;

	return next ? container_of(next, struct ipcq_message, order) : NULL;
}

/* A kept message of a class, or NULL. */
struct ipcq_message *ipcq_magazine_take(struct ipcq_magazine *magazine,
					u32 class)
{
	struct ipcq_message *message = magazine->kept[class];

	if (message) {
		magazine->kept[class] = next_of(message);
		magazine->kept_bytes -= ipcq_message_memory(class);
	}
	return message;
}

/* Keeps a message that is empty again. */
void ipcq_magazine_keep(struct ipcq_magazine *magazine,
			struct ipcq_message *message)
{
	struct ipcq_message *head = magazine->kept[message->class];
	const struct ipcq_account *root = message->sender->account->root;

	if (unlikely(magazine->root != root)) {
		magazine->mixed = magazine->kept_bytes;
		magazine->root = root;
	}
	message->order.next = head ? &head->order : NULL;
	magazine->kept[message->class] = message;
	magazine->kept_bytes += ipcq_message_memory(message->class);
}

/**
 * ipcq_magazine_concerns() - whether what is kept may be charged to a user
 * @magazine: the magazine
 * @account: of the user, or NULL for anybody
 *
 * Accounts whose chains meet have the same root, so that what one of them keeps
 * may be what another lacks.
 *
 * Return: true when something is kept that may be; true in doubt.
 */
bool ipcq_magazine_concerns(const struct ipcq_magazine *magazine,
			    const struct ipcq_account *account)
{
	return magazine->kept_bytes &&
	       (!account || magazine->mixed || magazine->root == account->root);
}

/* Takes out at most @count of what is kept, as a list for ipcq_magazine_free(). */
struct ipcq_message *ipcq_magazine_trim(struct ipcq_magazine *magazine,
					unsigned int count)
{
	struct ipcq_message *list = NULL, *message;
	u32 class = IPCQ_CLASSES;

	/* The largest first. */
	while (count && class) {
		message = ipcq_magazine_take(magazine, class - 1);
		if (!message) {
			class--;
			continue;
		}
		message->order.next = list ? &list->order : NULL;
		list = message;
		magazine->memory -= ipcq_message_memory(message->class);
		count--;
	}
	return list;
}

/**
 * ipcq_magazine_free() - free a list of messages; no lock is held
 * @list: from ipcq_magazine_trim()
 * @account: of the user who is to have the memory, or NULL for anybody
 *
 * Return: how many bytes of it were of use to that user.
 */
unsigned long ipcq_magazine_free(struct ipcq_message *list,
				 const struct ipcq_account *account)
{
	unsigned long freed = 0;

	while (list) {
		struct ipcq_message *message = list;

		list = next_of(message);
		if (!account || message->sender->account->root == account->root)
			freed += ipcq_message_memory(message->class);
		ipcq_message_free(message);
	}
	return freed;
}
