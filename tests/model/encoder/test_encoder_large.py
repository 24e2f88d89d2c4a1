"""xlm-roberta-large's architecture with random weights: one LoRA step fits in 12 GB and trains what it should."""

import json
import subprocess
import sys

import pytest

MAX_PEAK_GB = 12
N_LAYERS, WIDTH, R = 24, 1024, 16

# In a process of its own: the peak is a process's, and 2.2 GB of weights should not stay in the test run's.
STEP = """
import json, resource, sys, time
import torch
from transformers import XLMRobertaConfig, XLMRobertaModel
from seikaku.model.encoder.embedded import load_embedded_tokenizer
from seikaku.model.encoder import lora as module

torch.manual_seed(0)
config = XLMRobertaConfig(
    vocab_size=250002, hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096,
    max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1, bos_token_id=0, eos_token_id=2,
)
started = time.perf_counter()
with torch.device("meta"):  # the library's own initialisation takes minutes, for weights that nobody looks at
    transformer = XLMRobertaModel(config, add_pooling_layer=False)
transformer.to_empty(device="cpu")
for name, weight in transformer.named_parameters():
    torch.nn.init.ones_(weight) if "LayerNorm.weight" in name else torch.nn.init.uniform_(weight, -0.03, 0.03)
for name, buffer in transformer.embeddings.named_buffers():
    buffer.zero_() if name == "token_type_ids" else buffer.copy_(torch.arange(514).expand(1, -1))

class Files:
    name, folder = "xlm-roberta-large", None

tokenizer = load_embedded_tokenizer()
tokenizer.model_max_length = 512
module.find_backbone = lambda name: Files
module.load_config = lambda files: config
module.load_transformer = lambda files, config: transformer
module.load_tokenizer = lambda files: tokenizer
lora = module.LoraSettings()
encoder = module.load_encoder("xlm-roberta-large", lora, gradient_checkpointing=True, attention_dropout=0.0)
encoder.train()
ids = torch.randint(5, 250002, (1, 128))
trainable = [weight for weight in encoder.parameters() if weight.requires_grad]
optimiser = torch.optim.AdamW(trainable, lr=1e-3, weight_decay=0.0)
before = {name: weight.detach().clone() for name, weight in encoder.named_parameters() if weight.requires_grad}
loss = encoder(ids, torch.ones_like(ids)).square().mean()
loss.backward()
optimiser.step()
changed = sum(not torch.equal(before[name], weight) for name, weight in encoder.named_parameters() if name in before)
print(json.dumps({
    "n_trainable": module.count_trainable(encoder),
    "n_all": sum(weight.numel() for weight in encoder.parameters()),
    "n_changed": changed,
    "max_tokens": encoder.max_tokens,
    "loss": loss.item(),
    "seconds": time.perf_counter() - started,
    "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
}))
"""


@pytest.mark.thorough  # `make test` takes such a step of every small family
def test_one_step_of_xlm_roberta_large(capsys):
    result = subprocess.run([sys.executable, "-c", STEP], capture_output=True, text=True, encoding="utf-8", timeout=300)
    assert result.returncode == 0, result.stderr[-2000:]
    figures = json.loads(result.stdout.splitlines()[-1])
    with capsys.disabled():
        sys.stdout.write(f"\nxlm-roberta-large: {figures}\n")
    assert figures["n_trainable"] == 2 * R * WIDTH * N_LAYERS * 2 == 1_572_864
    assert figures["n_all"] > 555_000_000
    assert figures["n_changed"] == 2 * N_LAYERS  # every B; every A's gradient is 0 while B is
    assert figures["max_tokens"] == 512
    assert 0 < figures["loss"] < 100
    assert figures["peak_gb"] < MAX_PEAK_GB
