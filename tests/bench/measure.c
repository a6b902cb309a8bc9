// measure RUNS COMMAND [ARG...] [';' COMMAND [ARG...]]...: times commands in turn, A B A B ..., RUNS times each.
//
// A run is fork + exec + wait. One line for each command on stdout, with tabs in between:
//   median, least and greatest wall time in ns; greatest resident set in KiB (of the command or of any one
//   process that it waited for; this program's own 1 MiB or so is the least that can show); worst exit code
// The commands' own stdout goes to stderr. Linked statically and kept small, since a fork copies its page tables.
//
// Exit: 0 measured, whatever the commands returned; 1 a system call failed; 2 wrong usage.
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct command {
    char** arguments;
    int64_t* nanoseconds;
    long kibibytes;
    int exit_code;
};

static void fail(const char* what) {
    fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void run(struct command* command, int number) {
    int status;
    struct rusage usage;
    int64_t start = now();
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execvp(command->arguments[0], command->arguments);
        _exit(127);
    }
    if (wait4(child, &status, 0, &usage) < 0) fail("wait4");
    command->nanoseconds[number] = now() - start;
    if (usage.ru_maxrss > command->kibibytes) command->kibibytes = usage.ru_maxrss;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (code > command->exit_code) command->exit_code = code;
}

static int by_value(const void* left, const void* right) {
    int64_t a = *(const int64_t*)left, b = *(const int64_t*)right;
    return (a > b) - (a < b);
}

int main(int count, char** words) {
    int runs = count > 2 ? atoi(words[1]) : 0;
    if (runs < 1) {
        fputs("usage: measure RUNS COMMAND [ARG...] [';' COMMAND [ARG...]]...\n", stderr);
        return 2;
    }
    struct command* commands = calloc((size_t)count, sizeof *commands);
    int last = 0;
    for (int i = 2; i < count; i++) {
        if (strcmp(words[i], ";") == 0) {
            words[i] = NULL;
            last++;
        } else if (!commands[last].arguments) {
            commands[last].arguments = words + i;
            commands[last].nanoseconds = calloc((size_t)runs, sizeof(int64_t));
        }
    }
    for (int number = 0; number < runs; number++)
        for (int i = 0; i <= last; i++) run(&commands[i], number);
    for (int i = 0; i <= last; i++) {
        int64_t* times = commands[i].nanoseconds;
        qsort(times, (size_t)runs, sizeof *times, by_value);
        printf("%lld\t%lld\t%lld\t%ld\t%d\n", (long long)times[runs / 2], (long long)times[0],
               (long long)times[runs - 1], commands[i].kibibytes, commands[i].exit_code);
    }
    return 0;
}
