// What can go wrong: one line for people, and the exit code of digits-infer.
#pragma once

#include <stdexcept>
#include <string>

namespace digits {

enum ExitCode { done = 0, input_failed = 1, wrong_usage = 2, model_failed = 3 };

/// An input can't be read; the message doesn't repeat its path.
struct InputError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The call itself is wrong.
struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The bundle or the engine can't be used.
struct ModelError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The first line of what a library says; traces and lists of symbols may follow it.
inline std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace digits
