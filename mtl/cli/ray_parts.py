"""`--ray`: the parts of a file are answered by a pool of Ray actors, and come back in their order.

One task reads the file, on the machine where the command runs. An actor answers a part at a time, and gives
back the part's bytes as they are written, by the same function as without Ray. The command writes them, so
that a killed one is taken up as without Ray. An actor that dies is replaced, and its part answered anew.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtl.cli.answering import Answerer, answered, embedding, predicting
from mtl.cli.ray_cluster import Asked, Pool, cluster_of, ray_library
from mtl.data.parts import Form
from mtl.data.stream import Row, RowStream
from mtl.model.archive import pack
from mtl.model.checkpoint import load_model, save_model
from mtl.model.encoder import Encoder
from mtl.model.multitask import MultiTaskModel
from mtl.model.pretrained import load_encoder


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What an actor needs to answer a part, on a machine that has this program and the encoder.

    `model`: the zip file of a model; without one, texts are embedded. `text`: the place of the texts in a
    row.
    """

    encoder: str
    model: bytes | None
    fingerprint: str
    text: int
    form: Form

    @classmethod
    def of(
        cls, encoder: Encoder, model: MultiTaskModel | None, fingerprint: str, text: int, form: Form
    ) -> "Recipe":
        """The recipe for what is loaded here."""
        packed = _packed_model(model) if model else None
        return cls(encoder=encoder.name, model=packed, fingerprint=fingerprint, text=text, form=form)

    def answerer(self, device: str) -> Answerer:
        """Loads it. Raises ValueError where this machine has another encoder."""
        encoder = load_encoder(self.encoder, device)
        loaded = embedding(encoder)
        if self.model is not None:
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "model.zip"
                file.write_bytes(self.model)
                loaded = predicting(load_model(file, encoder))
        if loaded.fingerprint != self.fingerprint:
            raise ValueError(f"a machine of the cluster has another encoder {self.encoder}: install the same")
        return loaded


def answered_by_ray(
    rows: RowStream, rows_per_part: int, skip: int, recipe: Recipe, asked: Asked
) -> Iterator[tuple[int, bytes]]:
    """The parts after the first `skip`, in their order: how many rows each has, and its bytes.

    Raises ValueError where a part cannot be read or answered, after the parts before it.
    """
    with cluster_of(asked) as pool:
        from ray.exceptions import RayError

        expected, ended = skip, False
        try:
            for message in _messages(rows, rows_per_part, skip, recipe, pool):
                if message["error"] is not None:
                    raise ValueError(message["error"])
                if message["number"] != expected or ended:
                    raise ValueError(f"Ray gave part {message['number']} in the place of part {expected}")
                ended = message["content"] is None
                if not ended:
                    yield message["rows"], message["content"]
                expected += 1
        except RayError as error:
            raise _given_up(str(error)) from None
        if not ended:
            raise _given_up(f"it gave {expected - skip} parts and no end")


def _given_up(why: str) -> ValueError:
    said = why.strip().splitlines()
    return ValueError(f"Ray gave up: {said[-1] if said else 'no reason'}; go on with --resume")


def _messages(
    rows: RowStream, rows_per_part: int, skip: int, recipe: Recipe, pool: Pool
) -> Iterator[dict[str, Any]]:
    ray = ray_library()
    context = ray.data.DataContext.get_current().copy()
    context.execution_options.preserve_order = True
    # A part is a block of its own, however small: what an actor takes next.
    context.target_max_block_size = 1
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    here = ray.get_runtime_context().get_node_id()
    with ray.data.DataContext.current(context):
        parts = ray.data.from_items([{"skip": skip}], override_num_blocks=1).map_batches(
            _read,
            batch_size=1,
            batch_format="pyarrow",
            fn_args=(rows, rows_per_part),
            num_cpus=0,
            label_selector={"ray.io/node-id": here},
        )
        made = parts.map_batches(
            _Actor,
            batch_size=1,
            batch_format="pyarrow",
            fn_constructor_args=(recipe, pool.device),
            compute=ray.data.ActorPoolStrategy(size=pool.actors, max_tasks_in_flight_per_actor=2),
            num_cpus=pool.cpus,
            num_gpus=pool.gpus,
        )
        for table in made.iter_batches(batch_size=1, batch_format="pyarrow", prefetch_batches=0):
            yield from table.to_pylist()


def _read(batch: Any, rows: RowStream, rows_per_part: int) -> Iterator[Any]:
    number = batch["skip"][0].as_py()
    try:
        for part in rows.parts(rows_per_part, skip=number):
            yield _message(number, len(part), content=_packed_rows(part, rows.types))
            number += 1
    except (OSError, ValueError) as error:
        yield _message(number, error=str(error))
    else:
        yield _message(number)


class _Actor:
    """Has the model loaded, and answers part after part."""

    def __init__(self, recipe: Recipe, device: str) -> None:
        self._recipe = recipe
        self._answerer: Answerer | str
        try:
            self._answerer = recipe.answerer(device)
        except ValueError as error:
            self._answerer = str(error)

    def __call__(self, batch: Any) -> Any:
        (message,) = batch.to_pylist()
        if message["content"] is None:
            return batch
        if isinstance(self._answerer, str):
            return _message(message["number"], error=self._answerer)
        part = _unpacked_rows(message["content"])
        try:
            content = answered(part, self._recipe.text, self._answerer, self._recipe.form)
        except ValueError as error:
            return _message(message["number"], error=str(error))
        return _message(message["number"], len(part), content=content)


def _message(number: int, rows: int = 0, *, content: bytes | None = None, error: str | None = None) -> Any:
    """A part, why it cannot be had, or, with neither, the end."""
    import pyarrow

    # A mistake is a message too, so that it is told in its turn and in its own words.
    kinds = pyarrow.schema(
        {
            "number": pyarrow.int64(),
            "rows": pyarrow.int64(),
            "content": pyarrow.large_binary(),
            "error": pyarrow.string(),
        }
    )
    row = {"number": number, "rows": rows, "content": content, "error": error}
    return pyarrow.Table.from_pylist([row], schema=kinds)


def _packed_rows(part: Sequence[Row], types: Sequence[Any] | None) -> bytes:
    import pyarrow

    columns = list(zip(*part, strict=True))
    kinds = types or [pyarrow.string()] * len(columns)
    arrays = [pyarrow.array(list(c), kind) for c, kind in zip(columns, kinds, strict=True)]
    table = pyarrow.Table.from_arrays(arrays, names=[str(place) for place in range(len(arrays))])
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


def _unpacked_rows(content: bytes) -> list[Row]:
    import pyarrow

    with pyarrow.ipc.open_stream(content) as stream:
        table = stream.read_all()
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _packed_model(model: MultiTaskModel) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        saved = save_model(model, Path(folder) / "model")
        return pack(saved, Path(folder) / "model.zip").read_bytes()
