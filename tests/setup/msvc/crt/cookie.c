/* The stack cookie, for code that was compiled with /GS. */
#include "crt.h"

#ifdef _WIN64
#define UNSET 0x00002B992DDFA232ULL
#else
#define UNSET 0xBB40E64EUL
#endif
uptr __security_cookie = UNSET;
uptr __security_cookie_complement = ~UNSET;

__declspec(dllimport) void __stdcall GetSystemTimeAsFileTime(u64 *);
__declspec(dllimport) u32 __stdcall GetCurrentThreadId(void);
__declspec(dllimport) u32 __stdcall GetCurrentProcessId(void);
__declspec(dllimport) int __stdcall QueryPerformanceCounter(u64 *);
__declspec(noreturn) void __fastfail(unsigned);
#pragma intrinsic(__fastfail)

void __security_init_cookie(void) {
    u64 time = 0, ticks = 0;
    if (__security_cookie != UNSET) return;
    GetSystemTimeAsFileTime(&time);
    QueryPerformanceCounter(&ticks);
    u64 mixed = time ^ (ticks << 32) ^ ticks ^ GetCurrentThreadId() ^ ((u64)GetCurrentProcessId() << 16) ^ (uptr)&time;
#ifdef _WIN64
    uptr cookie = mixed & 0x0000FFFFFFFFFFFFULL; /* no text reads past the two zeroes */
#else
    uptr cookie = (uptr)(mixed ^ (mixed >> 32));
#endif
    if (cookie == UNSET || cookie == 0) cookie = UNSET + 1;
    __security_cookie = cookie;
    __security_cookie_complement = ~cookie;
}

__declspec(noreturn) void __cdecl __report_gsfailure(uptr cookie) {
    (void)cookie;
    __fastfail(2); /* FAST_FAIL_STACK_COOKIE_CHECK_FAILURE */
}

void __fastcall __security_check_cookie(uptr cookie) {
    if (cookie != __security_cookie) __report_gsfailure(cookie);
}

#ifdef _WIN64
/* The exception handler of frames with a cookie. */
int __GSHandlerCheck(void *record, void *frame, void *context, void *dispatcher) {
    (void)record, (void)frame, (void)context, (void)dispatcher;
    return 1; /* ExceptionContinueSearch */
}
#endif
