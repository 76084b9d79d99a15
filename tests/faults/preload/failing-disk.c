/*
 * Preloaded into a program, makes system calls on files below $FAILING_DISK fail while the file $FAILING_DISK_CONTROL exists. It holds an error number and
 * the calls that fail: "5 write sync" (write, sync, create: opening for writing, renaming, removing; truncate).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* The error for a call of this kind, 0 when it is to be done. Uses bare system calls, because the functions are those replaced here. */
static int fault(const char *kind) {
  const char *control = getenv("FAILING_DISK_CONTROL");
  if (control == NULL) return 0;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, control, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char text[128];
  ssize_t length = read(fd, text, sizeof text - 1);
  syscall(SYS_close, fd);
  if (length <= 0) return 0;
  text[length] = '\0';
  return strstr(text, kind) == NULL ? 0 : atoi(text);
}

static int is_below(const char *path) {
  const char *folder = getenv("FAILING_DISK");
  return folder != NULL && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_file_below(int fd) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = '\0';
  return is_below(path);
}

#define FAIL_FILE(fd, kind)                     \
  do {                                          \
    int saved = errno;                          \
    int error = fault(kind);                    \
    if (error != 0 && is_file_below(fd)) {      \
      errno = error;                            \
      return -1;                                \
    }                                           \
    errno = saved;                              \
  } while (0)

#define FAIL_PATH(path, kind)                   \
  do {                                          \
    int error = is_below(path) ? fault(kind) : 0; \
    if (error != 0) {                           \
      errno = error;                            \
      return -1;                                \
    }                                           \
  } while (0)

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *data, size_t size) {
  FAIL_FILE(fd, "write");
  return syscall(SYS_write, fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
  FAIL_FILE(fd, "write");
  return REAL(pwrite)(fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
  FAIL_FILE(fd, "write");
  return REAL(pwrite64)(fd, data, size, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  FAIL_FILE(fd, "write");
  return REAL(writev)(fd, parts, count);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  FAIL_FILE(fd, "write");
  return REAL(pwritev)(fd, parts, count, offset);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
  FAIL_FILE(fd, "write");
  return REAL(pwritev64)(fd, parts, count, offset);
}

int fsync(int fd) {
  FAIL_FILE(fd, "sync");
  return REAL(fsync)(fd);
}

int fdatasync(int fd) {
  FAIL_FILE(fd, "sync");
  return REAL(fdatasync)(fd);
}

int ftruncate(int fd, off_t size) {
  FAIL_FILE(fd, "truncate");
  return REAL(ftruncate)(fd, size);
}

int ftruncate64(int fd, off64_t size) {
  FAIL_FILE(fd, "truncate");
  return REAL(ftruncate64)(fd, size);
}

int rename(const char *from, const char *to) {
  FAIL_PATH(from, "create");
  return REAL(rename)(from, to);
}

int unlink(const char *path) {
  FAIL_PATH(path, "create");
  return REAL(unlink)(path);
}

static int open_with(const char *path, int flags, mode_t mode) {
  if ((flags & O_ACCMODE) != O_RDONLY) FAIL_PATH(path, "create");
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open_with(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open_with(path, flags, mode);
}
