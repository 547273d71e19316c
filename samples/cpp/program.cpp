#include "program.hpp"

#include <iostream>
#include <vector>

#include "errors.hpp"

namespace digits {
namespace {

constexpr auto usage =
    "usage: PROGRAM [--bundle DIR] [--json] [--canvas] IMAGE... (or --version, --help)";

struct Options {
    std::string bundle = "bundles/lenet";
    bool json = false;
    bool canvas = false;
    bool version = false;
    bool help = false;
    std::vector<std::string> images;
};

/// Takes one option. Throws UsageError.
void take(Options& options, const std::string& option, const char* next) {
    if (option == "--bundle") {
        if (!next) throw UsageError("--bundle: give the folder of an exported model");
        options.bundle = next;
    } else if (option == "--json") {
        options.json = true;
    } else if (option == "--canvas") {
        options.json = options.canvas = true;
    } else if (option == "--version") {
        options.version = true;
    } else if (option == "--help") {
        options.help = true;
    } else {
        throw UsageError("no option " + option + "; " + usage);
    }
}

Options parse(const std::vector<const char*>& arguments) {
    Options options;
    bool open = true;  // "--" ends the options
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string argument = arguments[i];
        if (!open || argument.size() < 2 || argument[0] != '-') {
            options.images.push_back(argument);
        } else if (argument == "--") {
            open = false;
        } else {
            take(options, argument, i + 1 < arguments.size() ? arguments[i + 1] : nullptr);
            if (argument == "--bundle") ++i;
        }
    }
    if (options.images.empty() && !options.version && !options.help) throw UsageError(usage);
    return options;
}

/// Writes a line for each file, in their order. Images of one size that follow each other are read
/// together, in a tenth of the time.
class Reading {
  public:
    Reading(const Bundle& bundle, const Read& read, const Options& options)
        : bundle_(bundle), read_(read), options_(options) {}

    void add(const std::string& path) {
        try {
            add(path, read_image(path));
        } catch (const InputError& error) {
            flush();
            ++failed_;
            write(options_.json ? error_json_line(path, error.what())
                                : error_row(bundle_, path, error.what()));
        }
    }

    /// Reads the images that are still waiting.
    void flush() {
        if (paths_.empty()) return;
        const std::vector<Answer> found = answers(bundle_, read_(waiting_), paths_.size());
        for (std::size_t i = 0; i < paths_.size(); ++i) {
            write(options_.json ? json_line(bundle_, paths_[i], found[i], options_.canvas)
                                : row(bundle_, paths_[i], found[i]));
        }
        waiting_ = {};
        paths_.clear();
    }

    std::size_t failed() const { return failed_; }

  private:
    void add(const std::string& path, const Images& image) {
        if (!append(waiting_, image)) {
            flush();
            append(waiting_, image);
        }
        paths_.push_back(path);
    }

    static void write(const std::string& line) { std::cout << line << '\n'; }

    const Bundle& bundle_;
    const Read& read_;
    const Options& options_;
    Images waiting_;
    std::vector<std::string> paths_;
    std::size_t failed_ = 0;
};

int read_all(const Options& options, const Engine& engine) {
    const Bundle bundle = open_bundle(options.bundle);
    const Read read = engine.open(bundle);
    if (!options.json) std::cout << heading(bundle) << '\n';
    Reading reading(bundle, read, options);
    for (const std::string& path : options.images) reading.add(path);
    reading.flush();
    if (!std::cout.flush()) throw InputError("the answers can't be written: is the disk full?");
    const std::size_t failed = reading.failed();
    if (failed && options.images.size() > 1) {
        std::cerr << failed << " of " << options.images.size() << " inputs failed\n";
    }
    return failed ? input_failed : done;
}

int told(const std::exception& error, ExitCode code) {
    std::cerr << error.what() << '\n';
    return code;
}

}  // namespace

int run(int argc, const char* const* argv, const Engine& engine) noexcept try {
    const Options options = parse({argv + (argc ? 1 : 0), argv + argc});
    if (options.version || options.help) {
        std::cout << (options.help ? usage : engine.version) << '\n';
        return done;
    }
    return read_all(options, engine);
} catch (const UsageError& error) {
    return told(error, wrong_usage);
} catch (const ModelError& error) {
    return told(error, model_failed);
} catch (const std::exception& error) {
    return told(error, input_failed);
}

}  // namespace digits
