/* Compilers for x86 call these to multiply and divide 64-bit numbers. */
#ifdef _M_IX86
typedef unsigned __int64 u64;
typedef __int64 i64;

/* Shift and subtract: nothing here may itself need a 64-bit division. */
static u64 divide(u64 n, u64 d, u64 *rest) {
    u64 quotient = 0, left = 0;
    for (int bit = 63; bit >= 0; bit--) {
        left = left << 1 | (n >> bit & 1);
        if (left >= d) {
            left -= d;
            quotient |= 1ULL << bit;
        }
    }
    *rest = left;
    return quotient;
}

static u64 magnitude(i64 n) { return n < 0 ? 0 - (u64)n : (u64)n; }

#define CALLED(name) __asm__("_" #name)
u64 __stdcall multiply(u64, u64) CALLED(_allmul);
u64 __stdcall unsigned_quotient(u64, u64) CALLED(_aulldiv);
u64 __stdcall unsigned_rest(u64, u64) CALLED(_aullrem);
i64 __stdcall quotient(i64, i64) CALLED(_alldiv);
i64 __stdcall rest(i64, i64) CALLED(_allrem);

u64 __stdcall multiply(u64 a, u64 b) {
    unsigned low_a = (unsigned)a, low_b = (unsigned)b;
    unsigned high = (unsigned)(a >> 32) * low_b + low_a * (unsigned)(b >> 32);
    unsigned low, carry;
    __asm__("mull %3" : "=a"(low), "=d"(carry) : "a"(low_a), "r"(low_b) : "cc");
    return (u64)(high + carry) << 32 | low;
}

u64 __stdcall unsigned_quotient(u64 n, u64 d) {
    u64 left;
    return divide(n, d, &left);
}

u64 __stdcall unsigned_rest(u64 n, u64 d) {
    u64 left;
    divide(n, d, &left);
    return left;
}

i64 __stdcall quotient(i64 n, i64 d) {
    u64 left, size = divide(magnitude(n), magnitude(d), &left);
    return (i64)((n < 0) != (d < 0) ? 0 - size : size);
}

i64 __stdcall rest(i64 n, i64 d) {
    u64 left;
    divide(magnitude(n), magnitude(d), &left);
    return (i64)(n < 0 ? 0 - left : left);
}
#endif
