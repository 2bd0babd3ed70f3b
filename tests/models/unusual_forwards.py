"""Networks whose forward does more than call their children in order."""

import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    """conv, bn, relu, flatten, fc on (1, 4, 4), for subclasses that call them in another way."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1)
        self.bn = nn.BatchNorm2d(2)
        self.relu = nn.ReLU()
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(32, 3)

    def forward(self, x):
        return self.fc(self.flatten(self.relu(self.bn(self.conv(x)))))


class ModuleTwice(Net):
    def forward(self, x):
        return self.fc(self.flatten(self.relu(self.bn(self.relu(self.conv(x))))))


class FunctionalRelu(Net):
    def forward(self, x):
        return self.fc(self.flatten(F.relu(self.relu(self.bn(self.conv(x))) - 1)))


class FunctionalReluInPlace(Net):
    def forward(self, x):
        return self.fc(self.flatten(self.relu(self.bn(F.relu_(self.conv(x))))))


class FunctionalReluAtTheEnd(Net):
    def forward(self, x):
        return F.relu(super().forward(x))


class FunctionalScalingAtTheStart(Net):
    def forward(self, x):
        return super().forward(2 * x)


class FunctionalEverything(Net):
    def forward(self, x):
        h = F.conv2d(x, self.conv.weight, self.conv.bias, padding=1)
        h = F.batch_norm(h, self.bn.running_mean, self.bn.running_var, training=self.training)
        return F.linear(torch.relu(h).view(x.size(0), -1), self.fc.weight, self.fc.bias)


class Skip(Net):
    def forward(self, x):
        h = self.conv(x)
        return self.fc(self.flatten(self.relu(self.bn(h)) + h))


class SkipIntoRelu(Net):
    def forward(self, x):
        h = self.conv(x)
        return self.fc(self.flatten(torch.relu(self.relu(self.bn(h)) + h)))


class SkipToTheEnd(Net):
    def forward(self, x):
        return self.fc(self.flatten(self.relu(self.bn(self.conv(x))))) + x.sum((1, 2, 3)).unsqueeze(1)


class AnotherOrder(Net):
    def forward(self, x):
        return self.fc(self.flatten(self.bn(self.relu(self.conv(x)))))


class SameNumbers(Net):
    def forward(self, x):
        return self.fc(self.flatten(F.relu(self.relu(self.bn(self.conv(x))))))


class Unused(Net):
    def forward(self, x):
        return self.fc(self.flatten(self.relu(self.conv(x))))


class DropoutInTraining(Net):
    def forward(self, x):
        return self.fc(F.dropout(self.flatten(self.relu(self.bn(self.conv(x)))), training=self.training))


class SoftmaxInEvaluation(Net):
    def forward(self, x):
        logits = super().forward(x)
        return logits if self.training else logits.softmax(1)


class OtherLayersInTraining(Net):
    def forward(self, x):
        h = self.relu(self.bn(self.conv(x)))
        return self.fc(self.flatten(torch.tanh(h) if self.training else h))


class KeywordArgument(Net):
    def forward(self, x):
        return self.fc(self.flatten(self.relu(self.bn(input=self.conv(x)))))


class BatchSizeFromTheStart(Net):
    def forward(self, x):
        batch, channels = x.shape[0], x.shape[1]
        h = self.relu(self.bn(self.conv(x)))
        return self.fc(F.relu(h).reshape(batch * channels, -1))


class InPlaceUnassigned(Net):
    def forward(self, x):
        h = self.conv(x)
        h.relu_()
        return self.fc(self.flatten(self.relu(self.bn(h))))


class TupleOutput(Net):
    def forward(self, x):
        return super().forward(x), x


class TupleInside(Net):
    class Twin(nn.Module):
        """Returns two tensors."""

        def __init__(self):
            super().__init__()
            self.act = nn.Tanh()

        def forward(self, x):
            return self.act(x), -x

    def __init__(self):
        super().__init__()
        self.twin = self.Twin()

    def forward(self, x):
        one, other = self.twin(self.bn(self.conv(x)))
        return self.fc(self.flatten(self.relu(one * other)))


class DecidesByNumbers(Net):
    def forward(self, x):
        h = self.relu(self.bn(self.conv(x)))
        return self.fc(self.flatten(h if h.sum() > 0 else -h))


class DecidesInside(Net):
    """One child branches on values: it becomes one layer, and the rest is cut."""

    class Deciding(nn.Module):
        """Branches on its input."""

        def __init__(self):
            super().__init__()
            self.act = nn.Tanh()

        def forward(self, x):
            return self.act(x) if x.mean() > 0 else x

    def __init__(self):
        super().__init__()
        self.relu = self.Deciding()


class WithoutGradients(Net):
    def forward(self, x):
        with torch.no_grad():
            h = self.conv(x)
        return self.fc(self.flatten(self.relu(self.bn(h))))


class Nested(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.stem = nn.Sequential(nn.Identity(), inner)
        self.fc2 = nn.Linear(3, 3)

    def forward(self, x):
        return self.fc2(self.stem(x))


class Stem(nn.Module):
    """Two layers with a functional dropout between them."""

    def __init__(self):
        super().__init__()
        self.act, self.tanh = nn.ReLU(), nn.Tanh()

    def forward(self, x):
        return self.tanh(F.dropout(self.act(x), 0.5, self.training))


class Stemmed(Net):
    def __init__(self):
        super().__init__()
        self.stem = Stem()

    def forward(self, x):
        return super().forward(self.stem(x))
