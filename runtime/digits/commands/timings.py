"""The table of `--timings`: where the time of a run went."""

from digits.decoder import decoder
from digits.timings import Timings


def timings_table(timings: Timings) -> str:
    """Seconds by stage, summed over all processes, as lines for people."""
    whole = sum(timings.seconds.values())
    count = max(timings.images, 1)
    lines = [f"{'stage':<8}{'seconds':>9}{'share':>8}{'us/image':>11}"]
    for stage, seconds in timings.seconds.items():
        share = seconds / whole if whole else 0.0
        lines.append(f"{stage:<8}{seconds:>9.3f}{share:>8.1%}{seconds / count * 1e6:>11.1f}")
    rate = timings.images / timings.wall if timings.wall else 0.0
    lines.append(
        f"{timings.images} images in {timings.wall:.3f} s: {rate:.0f} images/s, "
        f"processes: {timings.processes}, decoder: {decoder()}"
    )
    return "\n".join(lines) + "\n"
