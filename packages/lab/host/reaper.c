/*
 * reaper COMMAND...: runs a command as a child subreaper and stays until its last descendant is gone.
 *
 * libvirtd daemonises every QEMU, so a QEMU's parent becomes the nearest subreaper, else process 1. Where process 1
 * collects orphans late (containers, small inits), libvirtd waits for the dead QEMU at the end of each migration and
 * the wait shows up as migration time. prctl(2), PR_SET_CHILD_SUBREAPER.
 *
 * It outlives the command on purpose: when libvirtd is killed, its QEMUs keep a parent that collects them.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **arguments) {
  if (count < 2) {
    fprintf(stderr, "usage: reaper COMMAND...\n");
    return 2;
  }
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) {
    fprintf(stderr, "reaper: PR_SET_CHILD_SUBREAPER: %s\n", strerror(errno));
    return 1;
  }
  pid_t child = fork();
  if (child < 0) {
    fprintf(stderr, "reaper: fork: %s\n", strerror(errno));
    return 1;
  }
  if (child == 0) {
    execvp(arguments[1], arguments + 1);
    fprintf(stderr, "reaper: %s: %s\n", arguments[1], strerror(errno));
    _exit(127);
  }
  for (;;) {
    if (wait(NULL) < 0 && errno == ECHILD) return 0;
  }
}
