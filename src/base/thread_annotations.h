#pragma once

/// Clang's thread-safety attributes (https://clang.llvm.org/docs/ThreadSafetyAnalysis.html); nothing under g++.
#if defined(__clang__)
#define DOCLAYOUT_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define DOCLAYOUT_THREAD_ANNOTATION(x)
#endif

#define CAPABILITY(x) DOCLAYOUT_THREAD_ANNOTATION(capability(x))
#define SCOPED_CAPABILITY DOCLAYOUT_THREAD_ANNOTATION(scoped_lockable)
#define GUARDED_BY(x) DOCLAYOUT_THREAD_ANNOTATION(guarded_by(x))
#define PT_GUARDED_BY(x) DOCLAYOUT_THREAD_ANNOTATION(pt_guarded_by(x))
#define REQUIRES(...) DOCLAYOUT_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define ACQUIRE(...) DOCLAYOUT_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define RELEASE(...) DOCLAYOUT_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define EXCLUDES(...) DOCLAYOUT_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS DOCLAYOUT_THREAD_ANNOTATION(no_thread_safety_analysis)
