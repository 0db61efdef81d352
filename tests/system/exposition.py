"""A strict reader of Prometheus's text format 0.0.4: what a scraper could stumble over fails."""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\S+)")
ENDINGS = {"histogram": ("_bucket", "_sum", "_count")}


class Metrics:
    """What was scraped: types by name, and samples by name and labels."""

    def __init__(self, text):
        self.types = {}
        self.help = {}
        self.samples = {}
        assert text.endswith("\n")
        current = None
        for line in text[:-1].split("\n"):
            if line.startswith("# HELP "):
                current, help_text = re.fullmatch(rf"# HELP ({NAME}) (.+)", line).groups()
                assert current not in self.help, f"{current} is there twice"
                self.help[current] = help_text
            elif line.startswith("# TYPE "):
                name, kind = re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge|histogram)", line).groups()
                assert name == current and name not in self.types, line
                self.types[name] = kind
            else:
                self.take(current, line)
        assert self.types.keys() == self.help.keys()
        for name in (name for name, kind in self.types.items() if kind == "histogram"):
            self.check_histogram(name)
        for (name, labels), value in self.samples.items():
            assert value >= 0 or self.types.get(name) == "gauge", (name, labels, value)

    def take(self, current, line):
        found = SAMPLE.fullmatch(line)
        assert found, f"no sample: {line!r}"
        name, labels, value = found[1], found[2] or "", found.groups()[-1]
        assert name in [current + ending for ending in ENDINGS.get(self.types[current], ("",))], line
        pairs = re.findall(LABEL, labels)
        assert len(dict(pairs)) == len(pairs), f"a label twice: {line!r}"
        key = (name, frozenset(pairs))
        assert key not in self.samples, f"a sample twice: {line!r}"
        assert re.fullmatch(r"[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?", value), line
        self.samples[key] = float(value)

    def check_histogram(self, name):
        """Each has bounds that grow, counts that do not fall, and +Inf, which is the count."""
        series = {}
        for (sample, labels), value in self.samples.items():
            if sample == name + "_bucket":
                bound = float(dict(labels)["le"])
                rest = frozenset(pair for pair in labels if pair[0] != "le")
                series.setdefault(rest, []).append((bound, value))
        for labels, buckets in series.items():
            assert buckets == sorted(buckets) and [v for _, v in buckets] == sorted(v for _, v in buckets)
            assert buckets[-1] == (float("inf"), self.samples[name + "_count", labels])
            assert (name + "_sum", labels) in self.samples
        assert {labels for sample, labels in self.samples if sample == name + "_count"} == series.keys()

    def get(self, name, **labels):
        return self.samples[name, frozenset(labels.items())]

    def all(self, name, **labels):
        """By the values of the other label: {"delivered": 3.0, …}."""
        found = {}
        for (sample, pairs), value in self.samples.items():
            if sample == name and frozenset(labels.items()) <= pairs:
                found[",".join(v for k, v in sorted(pairs) if k not in labels)] = value
        return found
