/* The entry point of a program: START_MAIN, START_WMAIN, START_WINMAIN or START_WWINMAIN says of which kind. */
#include "crt.h"

#if defined(START_WMAIN) || defined(START_WWINMAIN)
typedef unsigned short character;
#define CONFIGURE _configure_wide_argv
#define INITIALIZE _initialize_wide_environment
int CONFIGURE(int);
#else
typedef char character;
#define CONFIGURE _configure_narrow_argv
#define INITIALIZE _initialize_narrow_environment
#endif
int INITIALIZE(void);
void _set_app_type(int);

#if defined(START_WINMAIN) || defined(START_WWINMAIN)
extern char __ImageBase;
#define GUI 2
#ifdef START_WINMAIN
#define ENTRY WinMainCRTStartup
#define COMMAND_LINE _get_narrow_winmain_command_line
#define PROGRAM WinMain
#else
#define ENTRY wWinMainCRTStartup
#define COMMAND_LINE _get_wide_winmain_command_line
#define PROGRAM wWinMain
#endif
character *COMMAND_LINE(void);
int __stdcall PROGRAM(void *, void *, character *, int);
#define APP_TYPE GUI
#define RUN PROGRAM(&__ImageBase, 0, COMMAND_LINE(), 10 /* SW_SHOWDEFAULT */)
#else
#define APP_TYPE 1 /* console */
int *__p___argc(void);
#ifdef START_MAIN
#define ENTRY mainCRTStartup
#define ARGUMENTS __p___argv
#define ENVIRONMENT _get_initial_narrow_environment
#define PROGRAM main
#else
#define ENTRY wmainCRTStartup
#define ARGUMENTS __p___wargv
#define ENVIRONMENT _get_initial_wide_environment
#define PROGRAM wmain
#endif
character ***ARGUMENTS(void);
character **ENVIRONMENT(void);
int __cdecl PROGRAM(int, character **, character **);
#define RUN PROGRAM(*__p___argc(), *ARGUMENTS(), ENVIRONMENT())
#endif

int ENTRY(void) {
    __security_init_cookie();
    _set_app_type(APP_TYPE);
    CONFIGURE(1); /* without wildcards */
    INITIALIZE();
    if (_initterm_e(__xi_a, __xi_z)) _exit(255);
    _initterm(__xc_a, __xc_z);
    exit(RUN);
}
