"""About how much energy a training took: seconds times what the device draws. An estimate, and said so."""

# Watts at work, from the makers' data sheets (thermal design power); the first name found counts.
_WATTS = {
    "H200": 700.0, "H100": 700.0, "A100": 400.0, "L40": 300.0, "A10": 150.0, "L4": 72.0, "T4": 70.0,
    "V100": 300.0, "4090": 450.0, "3090": 350.0,
}  # fmt: skip
_GPU, _CPU_THREAD = (
    250.0,
    10.0,
)  # of a card that is not named above; of one busy thread of a server's processor


def estimated_wh(device: str, seconds: float) -> float:
    """Watt-hours, from the engine's name of the device ("CPU, 4 threads, AVX512")."""
    return seconds * _watts(device) / 3600


def _watts(device: str) -> float:
    if device.startswith("CPU"):
        words = device.replace(",", " ").split()
        threads = next((int(word) for word in words if word.isdecimal()), 1)
        return threads * _CPU_THREAD
    return next((watts for name, watts in _WATTS.items() if name in device), _GPU)
