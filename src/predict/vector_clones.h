// Loops for the widest vectors of the processor that runs them. On internal functions alone: clang 14 gives
// such a function another name than its callers in other files expect.
#pragma once

// Sanitizers are not ready yet when the choice is made.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define NADIR_VECTOR_CLONES
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NADIR_VECTOR_CLONES
#endif

#if !defined(NADIR_VECTOR_CLONES) && defined(__x86_64__) && defined(__has_attribute)
#if __has_attribute(target_clones)
#define NADIR_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#endif
#ifndef NADIR_VECTOR_CLONES
#define NADIR_VECTOR_CLONES
#endif
