"""HdrHistogram logs, against HdrHistogram's own library in both directions."""

from __future__ import annotations

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

import tenfold
from loadtests import hlog
from loadtests.hdr import Layout, decode, encode
from loadtests.histogram import Histogram
from scenarios.errors import HarnessError
from tests.reports.synthetic import Recipe

SHARES = (0.5, 0.9, 0.99, 0.999)
TOLERANCE = 0.0054 + 0.001  # ours, and HdrHistogram's with three digits


def values_s(count=20_000):
    return np.random.default_rng(5).lognormal(-5, 2, count)


def ours(values):
    histogram = Histogram()
    for value_s in values.tolist():
        histogram.add(value_s)
    return histogram


def test_what_we_write_their_library_reads():
    """Counts agree, and percentiles within both errors, against the values themselves."""
    values = values_s()
    theirs = HdrHistogram.decode(encode(ours(values)))
    assert theirs.get_total_count() == len(values)
    for share in SHARES:
        truth_ns = float(np.quantile(values, share, method="inverted_cdf")) * 1e9
        assert theirs.get_value_at_percentile(share * 100) == pytest.approx(truth_ns, rel=2 * TOLERANCE)


def test_what_their_library_writes_we_read():
    """The same the other way round."""
    values = values_s()
    theirs = HdrHistogram(1000, 3_600_000_000_000, 3)
    for value_s in values.tolist():
        theirs.record_value(max(1000, round(value_s * 1e9)))
    mine = decode(theirs.encode().decode())
    assert mine.total == len(values)
    for share in SHARES:
        assert mine.quantile(share) == pytest.approx(float(np.quantile(values, share)), rel=2 * TOLERANCE)


@pytest.mark.parametrize("digits", [1, 2, 3, 4])
@pytest.mark.parametrize("lowest", [1, 1000])
def test_the_layout_of_buckets_is_theirs(digits, lowest):
    """Every value lies in the bucket that their library puts it in, and its middle is within the error."""
    theirs, layout = HdrHistogram(lowest, 3_600_000_000_000, digits), Layout(lowest, digits)
    for value in np.unique(np.logspace(np.log10(max(lowest, 2)), 12, 400).astype(int)).tolist():
        assert layout.index(value) == theirs._counts_index_for(value)
        assert layout.middle(layout.index(value)) == pytest.approx(value, rel=10**-digits, abs=lowest)


def test_counts_up_to_the_largest_survive():
    """Large counts take up to nine bytes each."""
    histogram = Histogram()
    histogram.counts, histogram.total = {-100: 1, 0: 2**33, 300: 2**62}, 2**62 + 2**33 + 1
    histogram.smallest_s, histogram.largest_s = 0.3, 30.0
    assert sorted(decode(encode(histogram)).counts.values()) == [1, 2**33, 2**62]


@pytest.mark.parametrize("text", ["", "not base64!", "AAAA", "HISTFAAAAAR4", encode(ours(values_s(50)))[:-12]])
def test_what_is_no_histogram_is_refused(text):
    """Whatever is wrong with it, it is told, never a crash."""
    with pytest.raises(ValueError, match=r"."):
        decode(text)


def test_a_run_goes_out_and_comes_back(tmp_path, capsys):
    """Every answered request of a run is in the log, under its variant, trial, stage and operation."""
    run = Recipe().write(tmp_path / "run")
    log = tmp_path / "run.hlog"
    assert tenfold.main(["export", str(run.folder), "--hlog", str(log)]) == 0
    back = hlog.read(log)
    answered = sum(its.ok["latency"].total for trial in run.trials for its in trial.timeline.seconds)
    assert sum(its.total for tag, its in back.items() if not tag.endswith(hlog.FAILED)) == answered
    stage = run.trials[0].timeline.stage("1x")
    tag = next(tag for tag in back if tag.startswith(f"{run.trials[0].record.variant}|1|1x|"))
    assert back[tag].quantile(0.95) == pytest.approx(stage.ok["latency"].quantile(0.95), rel=2 * TOLERANCE)
    reader, total = HistogramLogReader(str(log), HdrHistogram(1000, 3_600_000_000_000, 3)), 0
    while (interval := reader.get_next_interval_histogram()) is not None:
        total += interval.get_total_count()
    reader.close()
    assert total == sum(its.total for its in back.values())
    assert tenfold.main(["read-hlog", str(log)]) == 0
    assert "p99.9" in capsys.readouterr().out


def test_a_broken_log_is_told_with_its_line(tmp_path):
    """And a file that is not there as well."""
    log = tmp_path / "broken.hlog"
    log.write_text('#[x]\n"StartTimestamp"\n0.0,1.0,2.0,nonsense\n')
    with pytest.raises(HarnessError, match="line 3"):
        hlog.read(log)
    with pytest.raises(HarnessError, match="cannot be read"):
        hlog.read(tmp_path / "none.hlog")
