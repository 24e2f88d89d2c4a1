"""Any trained model's folder -> what an estimate needs. In: a folder. Out: ``TrainedModel``. Effect: reads.

Three kinds: the n-gram model (`seikaku fit`), a stage 2 run (`seikaku train`, needs torch), its ONNX export
(`seikaku export`, needs onnxruntime and tokenizers).
"""

from pathlib import Path

from seikaku.model.ngram.folder import load_model
from seikaku.model.onnx import loading as onnx_folder
from seikaku.model.run import folder as run_folder
from seikaku.model.trained import TrainedModel


def load_trained(folder: Path, *, may_download: bool = False) -> TrainedModel:
    """Load and check a model folder of any kind. Raises ModelError that names what is missing, altered or foreign.

    ``may_download``: whether a run's backbone may be fetched from the hub that it names.
    """
    if (folder / run_folder.CONFIG_NAME).is_file():
        from seikaku.model.run.loading import load_trained_run

        return load_trained_run(folder, may_download=may_download)
    if (folder / onnx_folder.MODEL_NAME).is_file():
        return onnx_folder.load_trained_onnx(folder)
    return load_model(folder)
