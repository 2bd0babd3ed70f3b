"""Tiny experiments, and for each key one of them in which another value makes a difference."""

TINY = {
    "Dataset": "Synthetic",
    "SyntheticSamples": 32,
    "SyntheticSize": 6,
    "Model": "MLP",
    "MLPWidths": [6],
    "BatchSize": 8,
    "NumEpochs": 2,
}
TAUGHT = {**TINY, "VanillaKD": True, "Teacher": {**TINY, "Seed": 7}}
CONVOLUTIONAL = {**TINY, "Model": "resnet8"}
BENT = {**TINY, "UseCustomReLU": True}
AUGMENTED = {**TINY, "DataAugmentation": True, "CropPadding": 1}
ERASING = {**AUGMENTED, "RandomErasing": 0.9}
MIXING = {**AUGMENTED, "Mixup": 0.2, "CutMix": 1.0}
VARIED = {**MIXING, **ERASING, "RandAugment": 2, "Cutout": 2}
SGD = {**TINY, "Optimizer": "SGD"}
ARRAYS = {**TINY, "Dataset": "Arrays", "DataName": "mine"}
CORRUPTED = {**TINY, "Dataset": "CIFAR10-C", "Corruption": "fog"}
BIRDS = {**TINY, "Dataset": "SUB"}
SPIRALS = {**TINY, "Dataset": "Spirals", "SpiralsRadii": 10}
RINGS = {**SPIRALS, "SpiralsModality": "extrapolation"}
CONSTANT = {**TINY, "LRScheduler": "Constant"}
DROPPING = {**TINY, "LRScheduler": "MultiStep", "LRSteps": [1]}
TWO_TEACHERS = {**TAUGHT, "Teacher": {**TINY, "Seed": 7, "NumRuns": 2}}
PRETRAINED = {**TINY, "PreTrained": True, "PreTrainedFrom": {**TINY, "Seed": 7}}
CHOOSING_TEACHER = {
    **TAUGHT,
    "Teacher": {**TINY, "Seed": 7, "NumEpochs": 6, "MaxLR": 1.0, "PctStart": 0.9, "Validation": 0.5},
}
DATA = {key: TINY[key] for key in ("Dataset", "SyntheticSamples", "SyntheticSize")}
LOOKING = {"Trainer": "Evaluation", **DATA, "Network": {**TINY, "Seed": 7}}
WIDER = {**LOOKING, "Network": {**TINY, "SyntheticClasses": 6}, "ExtraLogits": "Ignore"}

# key: an experiment in which it matters, and another value for it
ALTERNATIVES = {
    "Seed": (TINY, 1),
    "Precision": (TINY, "bfloat16"),
    "Dataset": (TINY, "Digits"),
    "SyntheticClasses": (TINY, 3),
    "SyntheticSize": (TINY, 5),
    "SyntheticChannels": (TINY, 1),
    "SyntheticSamples": (TINY, 48),
    "Corruption": (CORRUPTED, "snow"),
    "Severity": (CORRUPTED, 1),
    "SUBTarget": (BIRDS, "attribute"),
    "SUBForm": (BIRDS, "images"),
    "ArraysLayout": ({**ARRAYS, "ArraysLayout": "NHWC"}, "NCHW"),
    "SpiralsArms": (SPIRALS, 3),
    "SpiralsClasses": (SPIRALS, 3),
    "SpiralsRadii": (SPIRALS, 12),
    "SpiralsModality": (SPIRALS, "interpolation"),
    "SpiralsMinRadius": (RINGS, 3.0),
    "SpiralsMaxRadius": (RINGS, 9.5),
    "DownSample": (TINY, 3),
    "Normalization": (TINY, "Elementwise"),
    "TrainSamples": (TINY, 16),
    "DataAugmentation": (TINY, True),
    "CropPadding": (AUGMENTED, 2),
    "HorizontalFlip": (AUGMENTED, False),
    "RandAugment": (AUGMENTED, 1),
    "RandAugmentMagnitude": ({**AUGMENTED, "RandAugment": 2}, 30),
    "Cutout": (AUGMENTED, 2),
    "RandomErasing": (AUGMENTED, 0.5),
    "ErasingMinArea": (ERASING, 0.3),
    "ErasingMaxArea": (ERASING, 0.9),
    "ErasingMinAspect": (ERASING, 1.0),
    "ErasingValue": (ERASING, "Black"),
    "Mixup": (AUGMENTED, 0.2),
    "CutMix": (AUGMENTED, 1.0),
    "MixProbability": (MIXING, 0.5),
    "CutMixShare": (MIXING, 0.9),
    "Model": (TINY, "resnet8"),
    "MLPWidths": (TINY, [7]),
    "MLPDropout": (TINY, 0.5),
    "BatchNorm": (CONVOLUTIONAL, False),
    "AvgTokens": ({**TINY, "SyntheticSamples": 8, "Model": "ViT_ETTT"}, False),
    "UseCustomReLU": (TINY, True),
    "Kn": (BENT, 0.5),
    "Kp": (BENT, 2.0),
    "FinalDim": ({**TINY, "Model": "logitdist/mlp"}, 3),
    "PreTrained": (PRETRAINED, False),
    "PreTrainedFrom": (PRETRAINED, {**TINY, "Seed": 8}),
    "PreTrainedFromRun": ({**PRETRAINED, "PreTrainedFrom": TWO_TEACHERS["Teacher"]}, 1),
    "PreTrainedFromWeights": ({**PRETRAINED, "PreTrainedFrom": CHOOSING_TEACHER["Teacher"]}, "Best"),
    "PreTrainedFromNormalization": (PRETRAINED, "ImageNet"),
    "BackboneLRMultiplier": (PRETRAINED, 0.5),
    "UseCELoss": (TAUGHT, False),
    "CELossWeight": (TAUGHT, 0.5),
    "LabelSmoothing": (TINY, 0.1),
    "VanillaKD": (TAUGHT, False),
    "Temperature": (TAUGHT, 2.0),
    "LGLossWeight": (TAUGHT, 4.0),
    "NormalizeLogits": (TAUGHT, True),
    "Teacher": (TAUGHT, {**TINY, "Seed": 8}),
    "TeacherRun": (TWO_TEACHERS, 1),
    "TeacherWeights": (CHOOSING_TEACHER, "Best"),
    "TeacherNormalization": (TAUGHT, "ImageNet"),
    "AugmentTeacher": ({**TAUGHT, **AUGMENTED, "Teacher": {**TINY, "Seed": 7}}, False),
    "Optimizer": (TINY, "SGD"),
    "Momentum": (SGD, 0.5),
    "Nesterov": (SGD, True),
    "Beta1": (TINY, 0.5),
    "Beta2": (TINY, 0.9),
    "Epsilon": (TINY, 1e-2),
    "WeightDecay": (TINY, 0.5),
    "DecayNormAndBias": ({**TINY, "WeightDecay": 0.5}, False),
    "GradientClipping": ({**SGD, "MaxLR": 0.1}, 0.01),
    "EMADecay": (TINY, 0.5),
    "LRScheduler": (TINY, "Constant"),
    "MaxLR": (TINY, 0.02),
    "PctStart": (TINY, 0.5),
    "LearningRate": (CONSTANT, 0.02),
    "WarmupEpochs": (CONSTANT, 1),
    "LRSteps": (DROPPING, []),
    "LRStepMult": (DROPPING, 0.5),
    "ExpPower": ({**TINY, "LRScheduler": "Exp"}, 0.5),
    "CosineFinalLR": ({**TINY, "LRScheduler": "Cosine"}, 0.005),
    "BatchSize": (TINY, 16),
    "NumEpochs": (TINY, 3),
    "EvalInterval": (TINY, 2),
    "Select": (TINY, "test"),
    "Validation": (TINY, 0.25),
    "Trainer": ({**TINY, "Network": {**TINY, "Seed": 7}}, "Evaluation"),
    "Network": (LOOKING, {**TINY, "Seed": 8}),
    "NetworkRun": ({**LOOKING, "Network": TWO_TEACHERS["Teacher"]}, 1),
    "NetworkWeights": ({**LOOKING, "Network": CHOOSING_TEACHER["Teacher"]}, "Best"),
    "NetworkNormalization": (LOOKING, "ImageNet"),
    "Split": (LOOKING, "train"),
    "KeepLogits": (LOOKING, True),
}
# DataName is a name and nothing else; ExtraLogits changes whether there is a result, and no result
NAMES_ONLY = {"DataName", "ExtraLogits"}
