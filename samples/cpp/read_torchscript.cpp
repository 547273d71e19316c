// Reads digits with libtorch: image.torchscript.pt of a bundle, pixels in, probabilities out.
#include <ATen/Parallel.h>
#include <torch/script.h>
#include <torch/version.h>

#include <memory>

#include "errors.hpp"
#include "program.hpp"

namespace {

using digits::Bundle;
using digits::Images;
using digits::ModelError;
using digits::Scores;

class Graph {
  public:
    Graph(const Bundle& bundle, const std::filesystem::path& file)
        : module_(torch::jit::load(file.string(), torch::kCPU)),
          probabilities_(bundle.output("probabilities")),
          evidence_(bundle.output("evidence")),
          canvas_(bundle.output("canvas")) {}

    Scores run(Images& images) {
        const c10::InferenceMode no_gradients;
        const auto pixels =
            torch::from_blob(images.rgb.data(), {images.count, images.height, images.width, 3},
                             torch::TensorOptions(torch::kByte));
        const auto outputs = module_.forward({pixels});
        return {values<float>(outputs, probabilities_), values<float>(outputs, evidence_),
                values<std::uint8_t>(outputs, canvas_)};
    }

  private:
    template <typename T>
    static std::vector<T> values(const c10::IValue& outputs, std::size_t place) {
        const auto tensor = outputs.toTupleRef().elements().at(place).toTensor().contiguous();
        const T* data = tensor.const_data_ptr<T>();
        return {data, data + tensor.numel()};
    }

    torch::jit::Module module_;
    std::size_t probabilities_;
    std::size_t evidence_;
    std::size_t canvas_;
};

/// What libtorch throws, as an error that names the file.
template <typename Call>
auto checked(const std::filesystem::path& file, Call call) {
    try {
        return call();
    } catch (const ModelError&) {
        throw;
    } catch (const c10::Error& error) {
        throw ModelError(file.string() + ": " + digits::first_line(error.what_without_backtrace()));
    } catch (const std::exception& error) {  // what the graph itself raises, among others
        throw ModelError(file.string() + ": " + digits::first_line(error.what()));
    }
}

digits::Read open(const Bundle& bundle) {
    at::set_num_threads(1);  // for nets as small as these, more are slower
    // Optimizing takes 0.4 s of the first two images, and makes no later one faster.
    torch::jit::setGraphExecutorOptimize(false);
    const std::filesystem::path file = bundle.file("image.torchscript.pt");
    const auto graph = checked(file, [&] { return std::make_shared<Graph>(bundle, file); });
    return
        [file, graph](Images& images) { return checked(file, [&] { return graph->run(images); }); };
}

}  // namespace

int main(int argc, char** argv) {
    return digits::run(argc, argv, {"libtorch " TORCH_VERSION, "image.torchscript.pt", open});
}
