/* Imitates Electron's allocator as far as onnxruntime meets it (for LD_PRELOAD): an aligned block of a gigabyte or more does not
   fail with an error but ends the process. C++'s aligned `new` also ends up here, through aligned_alloc. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void check(size_t size) {
  if (size < (size_t)1 << 30) return;
  fprintf(stderr, "allocator: an aligned block of %zu bytes is asked for\n", size);
  abort();
}

void *memalign(size_t alignment, size_t size) {
  static void *(*next)(size_t, size_t);
  check(size);
  if (!next) next = dlsym(RTLD_NEXT, "memalign");
  return next(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size) {
  void *made = memalign(alignment, size);
  if (!made) return ENOMEM;
  *block = made;
  return 0;
}
