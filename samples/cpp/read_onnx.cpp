// Reads digits with ONNX Runtime: image.onnx of a bundle, pixels in, probabilities out.
#define ORT_API_MANUAL_INIT  // else a library older than the headers would crash
#include <onnxruntime_cxx_api.h>

#include <array>
#include <memory>

#include "errors.hpp"
#include "program.hpp"

namespace {

using digits::Bundle;
using digits::Images;
using digits::ModelError;
using digits::Scores;

/// A newer library serves older headers; the reverse it refuses.
void begin() {
    const OrtApi* api = OrtGetApiBase()->GetApi(ORT_API_VERSION);
    if (!api) {
        throw ModelError(std::string("ONNX Runtime ") + OrtGetApiBase()->GetVersionString() +
                         " is older than the headers of this program, 1." +
                         std::to_string(ORT_API_VERSION) + ": build it with older headers");
    }
    Ort::InitApi(api);
}

Ort::SessionOptions options() {
    Ort::SessionOptions options;
    options.SetIntraOpNumThreads(1);  // for nets as small as these, more are slower
    // Fusing the front end's 1,400 small nodes takes half of the start, and makes no image faster.
    options.SetGraphOptimizationLevel(ORT_DISABLE_ALL);
    options.SetLogSeverityLevel(ORT_LOGGING_LEVEL_FATAL);
    return options;
}

struct Graph {
    explicit Graph(const std::filesystem::path& file) : session(env, file.c_str(), options()) {}

    Scores run(Images& images) {
        const std::array<std::int64_t, 4> shape{images.count, images.height, images.width, 3};
        const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
        const Ort::Value pixels = Ort::Value::CreateTensor<std::uint8_t>(
            memory, images.rgb.data(), images.rgb.size(), shape.data(), shape.size());
        constexpr std::array inputs{"image"};
        constexpr std::array outputs{"probabilities", "evidence", "canvas"};
        const auto found = session.Run(Ort::RunOptions{nullptr}, inputs.data(), &pixels, 1,
                                       outputs.data(), outputs.size());
        return {values<float>(found[0]), values<float>(found[1]), values<std::uint8_t>(found[2])};
    }

    template <typename T>
    static std::vector<T> values(const Ort::Value& value) {
        const auto info = value.GetTensorTypeAndShapeInfo();
        if (info.GetElementType() != Ort::TypeToTensorType<T>::type) {
            throw Ort::Exception("gives another type than it should: export it again", ORT_FAIL);
        }
        const T* data = value.GetTensorData<T>();
        return {data, data + info.GetElementCount()};
    }

    Ort::Env env{ORT_LOGGING_LEVEL_FATAL, "digits"};
    Ort::Session session;
};

/// What ONNX Runtime throws, as an error that names the file.
template <typename Call>
auto checked(const std::filesystem::path& file, Call call) {
    try {
        return call();
    } catch (const Ort::Exception& error) {
        throw ModelError(file.string() + ": " + digits::first_line(error.what()));
    }
}

digits::Read open(const Bundle& bundle) {
    begin();
    const std::filesystem::path file = bundle.file("image.onnx");
    const auto graph = checked(file, [&] { return std::make_shared<Graph>(file); });
    return
        [file, graph](Images& images) { return checked(file, [&] { return graph->run(images); }); };
}

}  // namespace

int main(int argc, char** argv) {
    const std::string version = OrtGetApiBase()->GetVersionString();
    return digits::run(argc, argv, {"ONNX Runtime " + version, "image.onnx", open});
}
