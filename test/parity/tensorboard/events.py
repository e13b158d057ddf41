"""Reads an event file that `src-main/app/training/tfevents.ts` wrote, by TensorBoard itself, and records its bytes with what was read.

pip install tensorboard==2.21.0 setuptools<81
Write the file first: DASHI_WRITE_EVENTS=1 npx vitest run test/app/training/tfevents.test.ts
"""
import base64, json, pathlib
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

here = pathlib.Path(__file__).parent
file = here / "events.out.tfevents.1700000000.dashi"
read = []
for event in EventFileLoader(str(file)).Load():
    if event.file_version:
        read.append({"version": event.file_version, "time": event.wall_time})
    for value in event.summary.value:
        # The loader turns `simple_value` into a tensor.
        number = value.tensor.float_val[0] if value.HasField("tensor") else value.simple_value
        read.append({"tag": value.tag, "step": event.step, "value": number, "time": event.wall_time})
(here / "events.json").write_text(json.dumps({"bytes": base64.b64encode(file.read_bytes()).decode(), "read": read}, indent=1) + "\n")
file.unlink()
