"""Keys in snake_case, against pairs written by hand."""

import pytest

from Arch.config.names import field_name


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("MaxLR", "max_lr"),
        ("CELossWeight", "ce_loss_weight"),
        ("UseCustomReLU", "use_custom_relu"),
        ("EMADecay", "ema_decay"),
        ("LGLossWeight", "lg_loss_weight"),
        ("BackboneLRMultiplier", "backbone_lr_multiplier"),
        ("CosineFinalLR", "cosine_final_lr"),
        ("LRSteps", "lr_steps"),
        ("LRScheduler", "lr_scheduler"),
        ("MLPWidths", "mlp_widths"),
        ("UseCELoss", "use_ce_loss"),
        ("VanillaKD", "vanilla_kd"),
        ("FeatureKD", "feature_kd"),
        ("Beta1", "beta1"),
        ("Kn", "kn"),
        ("DecayNormAndBias", "decay_norm_and_bias"),
        ("NumRuns", "num_runs"),
        ("TensorBoard", "tensor_board"),
        ("DKDAlpha", "dkd_alpha"),
        ("AvgTokens", "avg_tokens"),
        ("SGD", "sgd"),
        ("Synthetic", "synthetic"),
        ("ExpPowersetErasing", "exp_powerset_erasing"),
    ],
)
def test_a_key_becomes_a_field(key, name):
    assert field_name(key) == name


def test_no_two_keys_have_one_field_name(resolver):
    keys = list(resolver.rules.keys)
    assert len({field_name(key) for key in keys}) == len(keys)
    assert resolver.rules.key_by_field["use_custom_relu"] == "UseCustomReLU"


def test_every_field_name_is_a_valid_python_name(resolver):
    assert [key for key in resolver.rules.keys if not field_name(key).isidentifier()] == []
