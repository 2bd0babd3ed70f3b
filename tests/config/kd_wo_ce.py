"""The 426 configs published with KD_wo_CE, built from the description of their differences."""

DATASETS = ("CIFAR10", "CIFAR100F", "TinyImagenet")
PAIRS = (("VGG19", "VGG11"), ("ResNet34", "ResNet9"), ("ResNet34", "MobileNetV2"), ("ViT_B", "ViT_ETT"))
MODELS = tuple(dict.fromkeys(model for pair in PAIRS for model in pair))

# What each file carries, whether it counts or not: 56 keys, where -1 and empty lists stand for "not set".
FLAT = {
    "Dataset": "", "EmbedDimension": -1, "Subset": -1, "Model": "", "PreTrained": False, "BackboneLRMultiplier": 0.01,
    "AvgTokens": True, "BatchNorm": True, "UseCELoss": True, "SeperateLinear": False, "Teacher": "", "VanillaKD": False,
    "Temperature": 4, "NormalizeLogits": False, "FeatureKD": False, "StoreFeatures": False, "UseCosineLoss": False,
    "UseHuberLoss": False, "TeacherLayers": [], "StudentLayers": [], "LayerMappingMethod": "One2One",
    "TeacherPowers": [], "LayerMap": [[]], "LayerMapWeights": [[]], "StudentPartitions": [], "TeacherPartitions": [],
    "AttnArchitecture": [256, 128], "AttnInput": "DPS", "ProjectionMethod": "LearnedProjector",
    "UseGlobalCenter": True, "LandmarkMethod": "CC", "LandmarkPostScaleFactor": 1,
    "ProjectorArchitecture": "SingleLayerConv", "RelationFunction": "DotProd", "CELossWeight": 1, "LGLossWeight": 16,
    "LSLossWeight": 1, "LearningRate": 0.01, "WeightDecay": -1, "Optimizer": "AdamW", "LRScheduler": "OneCycle",
    "PctStart": 0.3, "LRSteps": [], "LRStepMult": -1, "BatchSize": 128, "NumEpochs": 50, "NumRuns": 3,
    "EvalInterval": 1, "CheckpointInterval": -1, "SaveResult": True, "SaveModel": True, "DataAugmentation": False,
    "AugmentTeacher": False, "UseTeacherClassifier": False, "LearnTeacherClassifier": False, "MaxLR": 0.0075,
}  # fmt: skip
PEAKS = {"VGG19": 0.005, "VGG11": 0.005, "ViT_ETT": 0.001, "ViT_B": 0.0001}
STUDENT_LAYERS = {
    "ResNet9": [1, 2, 3, 4],
    "VGG11": [1, 3, 5, 7],
    "MobileNetV2": [3, 6, 13, 17],
    "ViT_ETT": [1, 3, 5, 7],
}
LONG = {
    "Optimizer": "SGD", "LRScheduler": "MultiStep", "NumEpochs": 240, "LRSteps": [150, 180, 210], "LRStepMult": 0.1,
    "WeightDecay": 0.0005, "NumRuns": 1,
}  # fmt: skip
LOGITS = {"VanillaKD": True}
FEATURES = {"FeatureKD": True}
DETACHED = {**FEATURES, "SeperateLinear": True}
RECIPES = {
    "VKD": LOGITS,
    "VKD-T2": {**LOGITS, "Temperature": 2, "LGLossWeight": 4},
    "VKDNormalized": {**LOGITS, "NormalizeLogits": True},
    "Baseline1LC": FEATURES,
    "Baseline1LC+VKD": {**FEATURES, **LOGITS},
    "Baseline1LCFC+VKD": {**FEATURES, **LOGITS, "LayerMappingMethod": "FullyConnected"},
    "BaselineSP+VKD": {**FEATURES, **LOGITS, "ProjectionMethod": "RelationFunction"},
    "SemCKD": {**FEATURES, **LOGITS, "LayerMappingMethod": "LearnedAttn", "ProjectorArchitecture": "ThreeLayerConv"},
    "SimKD": {
        **FEATURES, **LOGITS, "ProjectorArchitecture": "ThreeLayerConv", "UseTeacherClassifier": True,
        "LearnTeacherClassifier": True,
    },
    "STL+SepLin": DETACHED,
    "OursMulti": DETACHED,
    "OursMulti+CE": FEATURES,
    "OursMulti+CE+VKD": {**FEATURES, **LOGITS},
    "Ours-S": DETACHED,
    "Ours-I": DETACHED,
    "Ours-E": DETACHED,
    "Ours-SqrtIE": DETACHED,
}  # fmt: skip
AUGMENTED = (
    "VKD", "VKDNormalized", "Baseline1LC+VKD", "Baseline1LCFC+VKD", "BaselineSP+VKD", "SemCKD", "SimKD", "OursMulti",
)  # fmt: skip
PROLONGED = AUGMENTED[:-1]

NORMAL_LAYERS = {"ResNet34": [3, 7, 13, 16], "VGG19": [3, 7, 11, 15], "ViT_B": [2, 4, 8, 10]}
# By hand for each data set; OursMulti serves its two variants as well.
CHOSEN_LAYERS = {
    "ResNet34": {
        "OursMulti": [[12, 13, 14, 15]] * 3,
        "Ours-S": [[14, 15, 16, 17]] * 3,
        "Ours-I": [[11, 12, 13, 14]] * 3,
        "Ours-E": [[11, 12, 13, 14], [12, 13, 14, 15], [11, 12, 13, 14]],
        "Ours-SqrtIE": [[11, 12, 13, 14], [11, 12, 13, 14], [12, 13, 14, 15]],
    },
    "VGG19": {
        "OursMulti": [[11, 12, 13, 15], [11, 12, 13, 15], [11, 12, 13, 16]],
        "Ours-S": [[15, 16, 17, 18]] * 3,
        "Ours-I": [[8, 9, 10, 11], [8, 9, 10, 11], [9, 10, 11, 12]],
        "Ours-E": [[7, 8, 9, 10], [7, 8, 9, 11], [8, 9, 10, 11]],
        "Ours-SqrtIE": [[7, 8, 9, 11], [7, 8, 9, 11], [8, 9, 10, 11]],
    },
    "ViT_B": {
        "OursMulti": [[9, 10, 11, 12], [7, 10, 11, 12], [7, 8, 11, 12]],
        "Ours-S": [[9, 10, 11, 12]] * 3,
        "Ours-I": [[9, 10, 11, 12], [7, 10, 11, 12], [7, 8, 10, 11]],
        "Ours-E": [[7, 8, 10, 11], [7, 10, 11, 12], [6, 7, 8, 11]],
        "Ours-SqrtIE": [[9, 10, 11, 12], [7, 10, 11, 12], [7, 8, 9, 11]],
    },
}


def published():
    """Every published config by its path below the folder of experiments."""
    found = {}
    for tree, augmentation in (("", {}), ("DataAug/", {"DataAugmentation": True, "AugmentTeacher": True})):
        for dataset in DATASETS:
            for model in MODELS:
                found[f"{tree}{dataset}/Baselines/{model}_Baseline"] = baseline(dataset, model) | augmentation
            for teacher, student in PAIRS:
                for name in AUGMENTED if tree else RECIPES:
                    config = distilled(dataset, teacher, student, name) | augmentation
                    found[f"{tree}{dataset}/{teacher}->{student}/{name}"] = config
                    if not tree and name in PROLONGED:
                        found[f"{dataset}/{teacher}->{student}/{name}+240E"] = config | LONG
    return found


def baseline(dataset, model):
    """A network alone: a student from scratch, or a pretrained teacher."""
    is_teacher = model in NORMAL_LAYERS
    own = {"Dataset": dataset, "Model": model, "MaxLR": PEAKS.get(model, 0.0075)}
    return {**FLAT, **own, "PreTrained": is_teacher, "NumRuns": 1 if is_teacher else 3}


def distilled(dataset, teacher, student, name):
    """A student of a teacher by a method."""
    recipe = RECIPES[name]
    rate = 0.05 if student in ("ResNet9", "MobileNetV2") else 0.01
    config = {**FLAT, "Dataset": dataset, "Model": student, "Teacher": teacher, "LearningRate": rate, **recipe}
    config["MaxLR"] = PEAKS.get(student, 0.0075)
    if "FeatureKD" in recipe:
        chosen = CHOSEN_LAYERS[teacher].get(name.partition("+")[0])
        layers = chosen[DATASETS.index(dataset)] if chosen else NORMAL_LAYERS[teacher]
        config |= {"TeacherLayers": layers, "StudentLayers": STUDENT_LAYERS[student], "StoreFeatures": True}
    return config
