/* Uses of the C run-time that a stand-in or a wrong flag would get wrong. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static int ascending(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

/* Formats, sorts, allocates, and takes a frame of more than one page. */
int part_report(char *out, size_t size, double n) {
    int numbers[] = {3, 1, 2};
    char large[20000];
    memset(large, 1, sizeof large);
    qsort(numbers, 3, sizeof *numbers, ascending);
    char *copy = malloc(sizeof large);
    memcpy(copy, large, sizeof large);
    int last = copy[sizeof large - 1];
    free(copy);
    return snprintf(out, size, "%d%d%d %.3f %d", numbers[0], numbers[1], numbers[2], sqrt(n), last);
}

DWORD part_process(void) { return GetCurrentProcessId(); }

static void at_exit(void) {
    printf("c at exit\n");
    fflush(stdout);
}

int part_register(void) { return atexit(at_exit); }

/* The path that stands for this file in the program. */
const char *part_file(void) { return __FILE__; }
