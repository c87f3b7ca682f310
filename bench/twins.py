"""nadir's networks in PyTorch, for comparing speed: same layers, same parameters. What torchvision, timm and
segmentation_models_pytorch have is taken from there."""
import sys
from dataclasses import dataclass
from typing import Callable

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class Twin:
    network: str             # nadir's name
    make: Callable           # the PyTorch network
    options: str = ""        # of nadir's
    classes: int = 8
    side: int = 0            # of networks that take one size alone
    classifier: bool = False


def conv_norm(cin, cout, kernel=3, act=None, bias=False, eps=1e-5, **options):
    options.setdefault("padding", kernel // 2 if isinstance(kernel, int) else 0)
    layers = [nn.Conv2d(cin, cout, kernel, bias=bias, **options), nn.BatchNorm2d(cout, eps=eps)]
    return nn.Sequential(*layers, *([act] if act else []))


def relu():
    return nn.ReLU(inplace=True)


def double_conv(cin, cout, middle=None, **options):
    return nn.Sequential(*conv_norm(cin, middle or cout, act=relu(), **options),
                         *conv_norm(middle or cout, cout, act=relu(), **options))


class UNet(nn.Module):
    def __init__(self, classes=8, start=32):
        super().__init__()
        widths = [start << i for i in range(5)]
        self.down = nn.ModuleList(double_conv(a, b) for a, b in zip([3] + widths, widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, 2, 2) for w in widths[3::-1])
        self.join = nn.ModuleList(double_conv(2 * w, w) for w in widths[3::-1])
        self.head = nn.Conv2d(start, classes, 1)

    def forward(self, x):
        skips = []
        for i, block in enumerate(self.down):
            x = block(F.max_pool2d(x, 2) if i else x)
            skips.append(x)
        skips.pop()
        for up, join in zip(self.up, self.join):
            x = join(torch.cat([skips.pop(), up(x)], 1))
        return self.head(x)


class UNet6(nn.Module):
    """Without norms, with dropout, six halvings."""

    def __init__(self, classes=6, start=16, levels=6):
        super().__init__()
        widths = [start << i for i in range(levels + 1)]
        self.down = nn.ModuleList(self.block(a, b, 0.3 if i == levels else 0.2)
                                  for i, (a, b) in enumerate(zip([3] + widths, widths)))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, 2, 2) for w in widths[-2::-1])
        self.join = nn.ModuleList(self.block(2 * w, w, 0.2) for w in widths[-2::-1])
        self.head = nn.Conv2d(start, classes, 1)

    @staticmethod
    def block(cin, cout, dropout):
        return nn.Sequential(nn.Conv2d(cin, cout, 3, padding=1), relu(), nn.Dropout(dropout),
                             nn.Conv2d(cout, cout, 3, padding=1), relu())

    forward = UNet.forward


class UNetPlusPlus(nn.Module):
    def __init__(self, classes=4, start=32, dropout=0.5):
        super().__init__()
        widths = [start << i for i in range(5)]
        unit = lambda cin, cout: nn.Sequential(nn.Conv2d(cin, cout, 3, padding=1), nn.ELU(True), nn.Dropout(dropout))
        block = lambda cin, cout: nn.Sequential(unit(cin, cout), unit(cout, cout))
        self.first = nn.ModuleList(block(a, b) for a, b in zip([3] + widths, widths))
        self.up, self.join = nn.ModuleDict(), nn.ModuleDict()
        for j in range(1, 5):
            for i in range(5 - j):
                self.up[f"{i}{j}"] = nn.ConvTranspose2d(widths[i + 1], widths[i], 2, 2)
                self.join[f"{i}{j}"] = block((j + 1) * widths[i], widths[i])
        self.head = nn.Conv2d(start, classes, 1)

    def forward(self, x):
        maps = {}
        for i, block in enumerate(self.first):
            x = maps[i, 0] = block(F.max_pool2d(x, 2) if i else x)
            for j in range(1, i + 1):
                row = i - j
                up = self.up[f"{row}{j}"](maps[row + 1, j - 1])
                maps[row, j] = self.join[f"{row}{j}"](torch.cat([maps[row, k] for k in range(j)] + [up], 1))
        return self.head(maps[0, 4])


class ENet(nn.Module):
    class Regular(nn.Module):
        def __init__(self, c, act, p, dilation=1, asymmetric=False):
            super().__init__()
            m = c // 4
            middle = ([*conv_norm(m, m, (5, 1), act(), padding=(2, 0)), *conv_norm(m, m, (1, 5), act(), padding=(0, 2))]
                      if asymmetric else conv_norm(m, m, 3, act(), padding=dilation, dilation=dilation))
            self.ext = nn.Sequential(*conv_norm(c, m, 1, act()), *middle, *conv_norm(m, c, 1, act()), nn.Dropout2d(p))
            self.act = act()

        def forward(self, x):
            return self.act(x + self.ext(x))

    class Down(nn.Module):
        def __init__(self, cin, cout, p):
            super().__init__()
            m, act = cin // 4, nn.PReLU
            self.extra = cout - cin
            self.ext = nn.Sequential(*conv_norm(cin, m, 2, act(), stride=2, padding=0), *conv_norm(m, m, 3, act()),
                                     *conv_norm(m, cout, 1, act()), nn.Dropout2d(p))
            self.act = act()

        def forward(self, x):
            main, indices = F.max_pool2d(x, 2, 2, return_indices=True)
            return self.act(F.pad(main, (0, 0, 0, 0, 0, self.extra)) + self.ext(x)), indices

    class Up(nn.Module):
        def __init__(self, cin, cout, p):
            super().__init__()
            m = cin // 4
            self.main = conv_norm(cin, cout, 1)
            self.ext = nn.Sequential(*conv_norm(cin, m, 1, nn.ReLU()), nn.ConvTranspose2d(m, m, 2, 2, bias=False),
                                     nn.BatchNorm2d(m), nn.ReLU(), *conv_norm(m, cout, 1), nn.Dropout2d(p))

        def forward(self, x, indices, size):
            return F.relu(F.max_unpool2d(self.main(x), indices, 2, output_size=size) + self.ext(x))

    def __init__(self, classes=8):
        super().__init__()
        self.first = nn.Conv2d(3, 13, 3, 2, 1, bias=False)
        self.norm, self.act = nn.BatchNorm2d(16), nn.PReLU()
        regular = lambda *a, **k: ENet.Regular(*a, **k)
        self.down1, self.down2 = ENet.Down(16, 64, 0.01), ENet.Down(64, 128, 0.1)
        self.stage1 = nn.Sequential(*[regular(64, nn.PReLU, 0.01) for _ in range(4)])
        kinds = [{}, dict(dilation=2), dict(asymmetric=True), dict(dilation=4), {}, dict(dilation=8),
                 dict(asymmetric=True), dict(dilation=16)]
        self.context = nn.Sequential(*[regular(128, nn.PReLU, 0.1, **kind) for kind in kinds * 2])
        self.up4, self.up5 = ENet.Up(128, 64, 0.1), ENet.Up(64, 16, 0.1)
        self.stage4 = nn.Sequential(*[regular(64, nn.ReLU, 0.1) for _ in range(2)])
        self.stage5 = regular(16, nn.ReLU, 0.1)
        self.head = nn.ConvTranspose2d(16, classes, 3, 2, 1, 1, bias=False)

    def forward(self, x):
        x0 = self.act(self.norm(torch.cat([self.first(x), F.max_pool2d(x, 3, 2, 1)], 1)))
        x1, indices1 = self.down1(x0)
        x1 = self.stage1(x1)
        x, indices2 = self.down2(x1)
        x = self.stage4(self.up4(self.context(x), indices2, x1.shape[2:]))
        return self.head(self.stage5(self.up5(x, indices1, x0.shape[2:])))


class ESNet(nn.Sequential):
    EPS = 1e-3

    @staticmethod
    def strip(c, kernel, d=1):
        return nn.Conv2d(c, c, kernel, padding=tuple(d * (k - 1) // 2 for k in kernel),
                         dilation=tuple(d if k > 1 else 1 for k in kernel))

    class Down(nn.Module):
        def __init__(self, cin, cout):
            super().__init__()
            self.conv, self.norm = nn.Conv2d(cin, cout - cin, 3, 2, 1), nn.BatchNorm2d(cout, eps=ESNet.EPS)

        def forward(self, x):
            return F.relu(self.norm(torch.cat([self.conv(x), F.max_pool2d(x, 2)], 1)))

    class Fcu(nn.Module):
        def __init__(self, c, k, p):
            super().__init__()
            pair = lambda: [ESNet.strip(c, (k, 1)), relu(), ESNet.strip(c, (1, k)), nn.BatchNorm2d(c, eps=ESNet.EPS)]
            self.body = nn.Sequential(*pair(), relu(), *pair(), nn.Dropout2d(p))

        def forward(self, x):
            return F.relu(x + self.body(x))

    class Pfcu(nn.Module):
        def __init__(self, c, p):
            super().__init__()
            self.first = nn.Sequential(ESNet.strip(c, (3, 1)), relu(), ESNet.strip(c, (1, 3)),
                                       nn.BatchNorm2d(c, eps=ESNet.EPS), relu())
            self.branches = nn.ModuleList(nn.Sequential(ESNet.strip(c, (3, 1), d), relu(), ESNet.strip(c, (1, 3), d))
                                          for d in (2, 5, 9))
            self.norm, self.drop = nn.BatchNorm2d(c, eps=ESNet.EPS), nn.Dropout2d(p)

        def forward(self, x):
            y = self.first(x)
            for branch in self.branches:
                x = x + self.drop(self.norm(branch(y)))
            return F.relu(x)

    @staticmethod
    def up(cin, cout):
        return nn.Sequential(nn.ConvTranspose2d(cin, cout, 3, 2, 1, 1), nn.BatchNorm2d(cout, eps=ESNet.EPS), relu())

    def __init__(self, classes=8):
        fcu = lambda n, c, k, p: [ESNet.Fcu(c, k, p) for _ in range(n)]
        super().__init__(ESNet.Down(3, 16), *fcu(3, 16, 3, 0.03), ESNet.Down(16, 64), *fcu(2, 64, 5, 0.03),
                         ESNet.Down(64, 128), *[ESNet.Pfcu(128, 0.3) for _ in range(3)], ESNet.up(128, 64),
                         *fcu(2, 64, 5, 0), ESNet.up(64, 16), *fcu(2, 16, 3, 0), nn.ConvTranspose2d(16, classes, 2, 2))


class KerasBackbone(nn.Module):
    """Keras's ResNet-50 to conv4: biases, stride on the first convolution of a block."""

    class Block(nn.Module):
        def __init__(self, cin, f, stride, project):
            super().__init__()
            norm = lambda a, b, k, s=1, act=None: conv_norm(a, b, k, act, bias=True, eps=1.001e-5, stride=s)
            self.short = norm(cin, 4 * f, 1, stride) if project else nn.Identity()
            self.body = nn.Sequential(norm(cin, f, 1, stride, relu()), norm(f, f, 3, 1, relu()), norm(f, 4 * f, 1))

        def forward(self, x):
            return F.relu(self.short(x) + self.body(x))

    def __init__(self):
        super().__init__()
        self.stem = conv_norm(3, 64, 7, relu(), bias=True, eps=1.001e-5, stride=2)
        stages, cin = [], 64
        for blocks, f, stride in ((3, 64, 1), (4, 128, 2), (6, 256, 2)):
            stages.append(nn.Sequential(*[KerasBackbone.Block(cin if i == 0 else 4 * f, f, stride if i == 0 else 1, i == 0)
                                          for i in range(blocks)]))
            cin = 4 * f
        self.stages = nn.ModuleList(stages)

    def forward(self, x):
        maps = [self.stem(x)]
        x = F.max_pool2d(maps[0], 3, 2, 1)
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps


def keras_unit(cin, cout):
    return conv_norm(cin, cout, 3, relu(), eps=1e-3)


def enlarge(x, factor=2):
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


class KerasUNet(nn.Module):
    def __init__(self, classes=2):
        super().__init__()
        self.backbone, self.before, self.after = KerasBackbone(), nn.ModuleList(), nn.ModuleList()
        cin = 1024
        for cout, skip in ((512, 512), (256, 256), (128, 64), (64, 0)):
            self.before.append(keras_unit(cin, cout))
            self.after.append(nn.Sequential(keras_unit(cout + skip, cout), keras_unit(cout, cout)))
            cin = cout
        self.head = nn.Conv2d(64, classes, 1)

    def forward(self, x):
        maps = self.backbone(x)
        x = maps.pop()
        for before, after in zip(self.before, self.after):
            x = before(enlarge(x))
            x = after(torch.cat([x, maps.pop()], 1) if maps else x)
        return self.head(x)


class AttentionUNet(nn.Module):
    class Gate(nn.Module):
        def __init__(self, skip, cin):
            super().__init__()
            f = cin // 2
            self.theta, self.phi, self.psi = nn.Conv2d(skip, f, 1), nn.Conv2d(cin, f, 1), nn.Conv2d(f, 1, 1)

        def forward(self, skip, x):
            return skip * torch.sigmoid(self.psi(F.relu(self.theta(skip) + self.phi(x))))

    def __init__(self, classes=2):
        super().__init__()
        self.backbone = KerasBackbone()
        self.up, self.gate, self.after = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        cin = 1024
        for cout, skip in ((512, 512), (256, 256), (128, 64), (64, 0)):
            self.up.append(nn.Sequential(nn.ConvTranspose2d(cin, cout, 3, 2, 1, 1), nn.BatchNorm2d(cout, eps=1e-3), relu()))
            self.gate.append(AttentionUNet.Gate(skip, cout) if skip else nn.Identity())
            units = [keras_unit(cout + skip, cout), keras_unit(cout, cout)]
            self.after.append(nn.Sequential(*([] if skip else [keras_unit(cout, cout)]), *units))
            cin = cout
        self.head = nn.Conv2d(64, classes, 1)

    def forward(self, x):
        maps = self.backbone(x)
        x = maps.pop()
        for up, gate, after in zip(self.up, self.gate, self.after):
            x = up(x)
            x = after(torch.cat([x, gate(maps.pop(), x)], 1) if maps else x)
        return self.head(x)


class UNet3Plus(nn.Module):
    def __init__(self, classes=2):
        super().__init__()
        self.backbone = KerasBackbone()
        inputs = [(1024, 512, 256), (1024, 160, 256), (1024, 160, 160)]
        self.parts = nn.ModuleList(nn.ModuleList(keras_unit(cin, 32) for cin in level) for level in inputs)
        self.fuse = nn.ModuleList(keras_unit(96, 160) for _ in inputs)
        self.last = nn.Sequential(keras_unit(160, 160), keras_unit(160, 160))
        head = lambda cin: nn.Conv2d(cin, classes, 3, padding=1)
        self.heads = nn.ModuleList([head(160), head(160), head(160), head(1024), head(160)])
        self.guide = nn.Sequential(nn.Dropout(0.3), nn.Conv2d(1024, 32, 1))

    def forward(self, x):
        _, m1, m2, deep = self.backbone(x)
        level = lambda i, *maps: self.fuse[i](torch.cat([unit(each) for unit, each in zip(self.parts[i], maps)], 1))
        d0 = level(0, enlarge(deep), m2, F.max_pool2d(m1, 2))
        d1 = level(1, enlarge(deep, 4), enlarge(d0), m1)
        d2 = level(2, enlarge(deep, 8), enlarge(d0, 4), enlarge(d1))
        maps = [d2, d1, d0, deep, self.last(enlarge(d2))]
        m = torch.sigmoid(self.guide(deep).amax((1, 2, 3), keepdim=True))
        outputs = [head(each) for head, each in zip(self.heads, maps)]
        outputs = [enlarge(each, 2 << i) if i < 4 else each for i, each in enumerate(outputs)]
        return [torch.logit(torch.sigmoid(each) * m, 1e-6) for each in outputs]


class VitScratch(nn.Module):
    """Keras's vision transformer for small data sets: heads as wide as the tokens, a head on all tokens."""

    class Block(nn.Module):
        def __init__(self, c, heads):
            super().__init__()
            self.heads, self.qkv, self.output = heads, nn.Linear(c, 3 * heads * c), nn.Linear(heads * c, c)
            self.norm1, self.norm2 = nn.LayerNorm(c, 1e-6), nn.LayerNorm(c, 1e-6)
            self.mlp = nn.Sequential(nn.Linear(c, 2 * c), nn.GELU(), nn.Dropout(0.1), nn.Linear(2 * c, c), nn.GELU(),
                                     nn.Dropout(0.1))

        def forward(self, x):
            parts = self.qkv(self.norm1(x)).chunk(3, -1)
            q, k, v = (each.unflatten(-1, (self.heads, -1)).transpose(1, 2) for each in parts)
            y = F.scaled_dot_product_attention(q, k, v, dropout_p=0.2 if self.training else 0)
            x = x + self.output(y.transpose(1, 2).flatten(2))
            return x + self.mlp(self.norm2(x))

    def __init__(self, classes=1, side=128, patch=8, c=100, heads=8, depth=8):
        super().__init__()
        self.patch, tokens = patch, (side // patch) ** 2
        self.projection = nn.Linear(3 * patch * patch, c)
        self.register_buffer("positions", 0.05 * torch.randn(tokens, c))
        self.blocks = nn.Sequential(*[VitScratch.Block(c, heads) for _ in range(depth)], nn.LayerNorm(c, 1e-6))
        dense = lambda cin, cout: [nn.Dropout(0.5), nn.Linear(cin, cout)]
        self.head = nn.Sequential(*dense(tokens * c, 2048), nn.GELU(), *dense(2048, 1024), nn.GELU(), *dense(1024, classes))

    def forward(self, x):
        x = F.unfold(x, self.patch, stride=self.patch).transpose(1, 2)
        return self.head(self.blocks(self.projection(x) + self.positions).flatten(1))


def torchvision():
    """torchvision's wheel may be built for another torch; what it then lacks, no network here uses."""
    global _operators  # they live as long as this object
    try:
        import torchvision as module
    except RuntimeError:
        for name in [n for n in sys.modules if n.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        _operators = torch.library.Library("torchvision", "FRAGMENT")
        for name in ("nms", "qnms"):
            _operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        import torchvision as module
    return module


def timm(name, **options):
    torchvision()
    import timm as module
    return module.create_model(name, pretrained=False, **options)


def smp(kind, encoder, classes=8):
    torchvision()
    import segmentation_models_pytorch as module
    return getattr(module, kind)(encoder, encoder_weights=None, classes=classes)


class DeepLabV3(nn.Module):
    def __init__(self, classes=8):
        super().__init__()
        self.net = torchvision().models.segmentation.deeplabv3_resnet50(weights=None, weights_backbone=None,
                                                                        num_classes=classes)

    def forward(self, x):
        return self.net(x)["out"]


def vision_model(name, classes):
    return lambda: getattr(torchvision().models, name)(num_classes=classes)


# keras_classifier is left out: it is mobilenet_v2 with another padding.
TWINS = {
    "unet": Twin("unet", UNet),
    "unet, resnet34": Twin("unet", lambda: smp("Unet", "resnet34"), "encoder=resnet34"),
    "unet, resnet50": Twin("unet", lambda: smp("Unet", "resnet50"), "encoder=resnet50"),
    "unet, keras.resnet50": Twin("unet", KerasUNet, "encoder=keras.resnet50", classes=2),
    "unet6": Twin("unet6", UNet6, classes=6),
    "unetpp": Twin("unetpp", UNetPlusPlus, classes=4),
    "unet3plus": Twin("unet3plus", UNet3Plus, classes=2),
    "attention_unet": Twin("attention_unet", AttentionUNet, classes=2),
    "deeplabv3": Twin("deeplabv3", DeepLabV3),
    "enet": Twin("enet", ENet),
    "esnet": Twin("esnet", ESNet),
    "mobilenet_v2": Twin("mobilenet_v2", vision_model("mobilenet_v2", 2), classes=2, classifier=True),
    "densenet": Twin("densenet", vision_model("densenet169", 4), classes=4, classifier=True),
    "efficientnet": Twin("efficientnet", lambda: timm("efficientnet_b2", num_classes=4), classes=4, classifier=True),
    "resnetv2": Twin("resnetv2", lambda: timm("resnetv2_50", num_classes=2), classes=2, classifier=True),
    "swin_v2": Twin("swin_v2", vision_model("swin_v2_b", 2), "variant=b", classes=2, classifier=True),
    "vit_scratch": Twin("vit_scratch", lambda: VitScratch(2), classes=2, side=128, classifier=True),
    "vit": Twin("vit", lambda: timm("vit_tiny_patch16_224", num_classes=2), classes=2, side=224, classifier=True),
}
