// What both programs are but for their engine: options, the loop over files, exit codes.
#pragma once

#include <functional>
#include <string>

#include "answer.hpp"
#include "bundle.hpp"
#include "image.hpp"

namespace digits {

/// Runs the graph on a batch, whose pixels it may borrow but doesn't change. Throws ModelError.
using Read = std::function<Scores(Images&)>;

struct Engine {
    std::string version;                      ///< Its name and version.
    std::string file;                         ///< What it opens in a bundle.
    std::function<Read(const Bundle&)> open;  ///< Throws ModelError.
};

/// The program; returns its exit code and throws nothing.
int run(int argc, const char* const* argv, const Engine& engine) noexcept;

}  // namespace digits
