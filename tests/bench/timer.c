/* timer.c: what a command costs.
 *
 *	timer FILE COMMAND ARGUMENT...
 *
 * runs the command and appends a line to FILE: wall seconds (monotonic
 * clock), peak resident KiB of its largest process, user and system CPU
 * seconds.  Exits as the command does.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EXIT_TIMER 125
#define EXIT_NO_COMMAND 127
#define EXIT_SIGNAL 128

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int
main(int argc, char **argv)
{
	struct rusage use;
	double start = now(), wall;
	FILE *out;
	pid_t pid;
	int status;

	if (argc < 3) {
		fprintf(stderr, "usage: timer FILE COMMAND ARGUMENT...\n");
		return EXIT_TIMER;
	}
	if ((pid = fork()) == 0) {
		(void)execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(EXIT_NO_COMMAND);
	}
	if (pid < 0 || wait4(pid, &status, 0, &use) != pid) {
		perror("timer");
		return EXIT_TIMER;
	}
	wall = now() - start;
	if ((out = fopen(argv[1], "a")) == NULL || fprintf(out,
	    "%.4f %ld %.3f %.3f\n", wall, use.ru_maxrss, seconds(use.ru_utime),
	    seconds(use.ru_stime)) < 0 || fclose(out) != 0) {
		perror(argv[1]);
		return EXIT_TIMER;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    EXIT_SIGNAL + WTERMSIG(status);
}
