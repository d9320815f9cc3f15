// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions: see region.h.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/ipcq.h>
#include <linux/mm.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "account.h"
#include "compat.h"
#include "limits.h"
#include "region.h"

/* ------------------------------------------------------------------ mappings */

static vm_fault_t control_fault(struct vm_fault *vmf)
{
	struct ipcq_region *region = vmf->vma->vm_private_data;
	size_t index = vmf->pgoff - (IPCQ_REGION_CONTROL_OFFSET >> PAGE_SHIFT);
	struct page *page;

	/* The mapping was checked to lie within the control area. */
	page = vmalloc_to_page(region->control + (index << PAGE_SHIFT));
	get_page(page);
	vmf->page = page;
	return 0;
}

/* The file that the mapping refers to keeps the handle, that the region. */
static const struct vm_operations_struct control_vm_ops = {
	.fault = control_fault,
};

static bool within(u64 first, unsigned long pages, u64 size)
{
	u64 all = DIV_ROUND_UP_ULL(size, PAGE_SIZE);

	return first <= all && pages <= all - first;
}

static int mmap_control(struct ipcq_region *region, struct vm_area_struct *vma)
{
	u64 first = vma->vm_pgoff - (IPCQ_REGION_CONTROL_OFFSET >> PAGE_SHIFT);

	/* Not VM_SHARED, which a read-only handle does not get. */
	if (!(vma->vm_flags & VM_MAYSHARE) ||
	    !within(first, vma_pages(vma), region->control_size))
		return -EINVAL;

	/*
	 * A forked child must not go on with its parent's owner ids, so it does
	 * not inherit the area.
	 */
	vm_flags_set(vma, VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_private_data = region;
	vma->vm_ops = &control_vm_ops;
	return 0;
}

/*
 * From here on the mapping is one of the shmem file.  What the handle may not do,
 * the mapping may not become: mmap(2) has taken VM_MAYWRITE off by the mode of
 * our file before it called us.
 */
static int mmap_data(struct ipcq_region *region, struct vm_area_struct *vma)
{
	if (!within(vma->vm_pgoff, vma_pages(vma), region->size))
		return -EINVAL;
	vma_set_file(vma, region->data);
	return ipcq_compat_mmap(region->data, vma);
}

/**
 * ipcq_region_mmap() - map the data or the control area
 * @region: the region
 * @vma: the mapping to be
 *
 * Return: 0; -EINVAL when it does not lie within one of the two.
 */
int ipcq_region_mmap(struct ipcq_region *region, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff >= IPCQ_REGION_CONTROL_OFFSET >> PAGE_SHIFT)
		return mmap_control(region, vma);
	return mmap_data(region, vma);
}

/* --------------------------------------------------------------- observation */

void ipcq_region_stat(struct ipcq_region *region, struct ipcq_region_stat *stat)
{
	stat->id = region->object.id;
	stat->region_size = region->size;
	stat->control_size = region->control_size;
	stat->mutexes = region->mutex_count;
	stat->eventcounts = region->eventcount_count;
	stat->owners = atomic_read(&region->owners.count);
	stat->reserved = 0;

	spin_lock(&region->lock);
	stat->owner_deaths = region->owner_deaths;
	spin_unlock(&region->lock);
}

/* ---------------------------------------------------------- life of a region */

/**
 * ipcq_region_validate() - check the attributes of an open
 * @args: the call's arguments
 *
 * The limits that can be set are looked at when a region is created.
 *
 * Return: 0 or -EINVAL.
 */
int ipcq_region_validate(struct ipcq_region_open *args)
{
	/* Memory that can be written can be read. */
	if (args->open.flags & IPCQ_OPEN_F_WRITE &&
	    !(args->open.flags & IPCQ_OPEN_F_READ))
		return -EINVAL;
	if (args->region_size > IPCQ_MAX_REGION_SIZE ||
	    args->mutexes > IPCQ_MAX_MUTEXES ||
	    args->eventcounts > IPCQ_MAX_EVENTCOUNTS)
		return -EINVAL;
	return 0;
}

static void owner_ended(struct ipcq_owners *owners, struct ipcq_owner *owner)
{
	ipcq_mutexes_recover(container_of(owners, struct ipcq_region, owners),
			     owner);
}

static int control_alloc(struct ipcq_region *region)
{
	u32 i;

	if (!region->control_size)
		return 0;
	region->control = __vmalloc(region->control_size,
				    IPCQ_GFP | __GFP_ZERO);
	region->mutexes = kvcalloc(region->mutex_count,
				   sizeof(*region->mutexes), IPCQ_GFP);
	region->eventcounts = kvcalloc(region->eventcount_count,
				       sizeof(*region->eventcounts), IPCQ_GFP);
	if (!region->control || !region->mutexes || !region->eventcounts)
		return -ENOMEM;

	for (i = 0; i < region->mutex_count; i++)
		ipcq_mutex_init(&region->mutexes[i]);
	for (i = 0; i < region->eventcount_count; i++)
		ipcq_eventcount_init(&region->eventcounts[i]);
	return 0;
}

/* Also of a region that was not completed. */
static void control_free(struct ipcq_region *region)
{
	u32 i;

	for (i = 0; region->mutexes && i < region->mutex_count; i++)
		ipcq_mutex_fini(&region->mutexes[i]);
	kvfree(region->mutexes);
	kvfree(region->eventcounts);
	vfree(region->control);
}

static struct ipcq_object *region_create(struct ipcq_registry *registry,
					 const void *attributes,
					 struct ipcq_account *account)
{
	const struct ipcq_region_open *open = attributes;
	struct ipcq_region *region;
	int ret;

	if (!open->region_size)
		return ERR_PTR(-EINVAL);
	region = kzalloc(sizeof(*region), IPCQ_GFP);
	if (!region)
		return ERR_PTR(-ENOMEM);

	spin_lock_init(&region->lock);
	region->size = open->region_size;
	region->mutex_count = open->mutexes;
	region->eventcount_count = open->eventcounts;
	region->control_size = PAGE_ALIGN(((size_t)open->mutexes +
					   open->eventcounts) *
					  IPCQ_CONTROL_LINE);
	region->charged = PAGE_ALIGN(region->size) + region->control_size;
	ipcq_owners_init(&region->owners, &region->object, false, owner_ended);

	ret = ipcq_account_charge(account, IPCQ_RESOURCE_REGION_BYTES,
				  region->charged);
	if (ret)
		goto err_region;
	ret = control_alloc(region);
	if (ret)
		goto err_control;
	region->data = ipcq_compat_shmem_file("ipcq-region", PAGE_ALIGN(region->size));
	if (IS_ERR(region->data)) {
		/* A file system without an inode says that it has no space. */
		ret = PTR_ERR(region->data);
		if (ret == -ENOSPC)
			ret = -ENOMEM;
		goto err_control;
	}
	ret = ipcq_object_init(&region->object, &ipcq_region_kind, account);
	if (ret)
		goto err_data;
	return &region->object;

err_data:
	fput(region->data);
err_control:
	control_free(region);
	ipcq_account_uncharge(account, IPCQ_RESOURCE_REGION_BYTES,
			      region->charged);
err_region:
	kfree(region);
	return ERR_PTR(ret);
}

static bool region_matches(const struct ipcq_object *object,
			   const void *attributes)
{
	const struct ipcq_region *region = to_ipcq_region(object);
	const struct ipcq_region_open *open = attributes;

	return (!open->region_size || open->region_size == region->size) &&
	       (!open->mutexes || open->mutexes == region->mutex_count) &&
	       (!open->eventcounts ||
		open->eventcounts == region->eventcount_count);
}

/* With the last reference gone there are no owners, waiters or control mappings. */
static void region_free(struct ipcq_object *object)
{
	struct ipcq_region *region = to_ipcq_region(object);

	ipcq_owners_fini(&region->owners);
	ipcq_account_uncharge(object->account, IPCQ_RESOURCE_REGION_BYTES,
			      region->charged);
	fput(region->data);
	control_free(region);
	ipcq_object_fini(object);
	kfree(region);
}

const struct ipcq_kind ipcq_region_kind = {
	.kind = IPCQ_KIND_REGION,
	.file_name = "[ipcq-region]",
	.fops = &ipcq_region_fops,
	.create = region_create,
	.matches = region_matches,
	.free = region_free,
};
