"""Any record, run."""

from collections.abc import Callable
from typing import Any

from engine.errors import EngineError
from engine.service import requests
from engine.service.data import check_data, index_data
from engine.service.evaluate import evaluate
from engine.service.join import join
from engine.service.library import export_library
from engine.service.render import render, sweep
from engine.service.requests import SILENT, Watch
from engine.service.sample import sample, sample_one
from engine.service.train import search, train

RUNNERS: dict[type, Callable[[Any, Watch], Any]] = {
    requests.TrainRequest: train,
    requests.RenderRequest: render,
    requests.SampleRequest: sample,
    requests.SampleOneRequest: sample_one,
    requests.SweepRequest: sweep,
    requests.EvaluateRequest: evaluate,
    requests.SearchRequest: search,
    requests.CheckRequest: check_data,
    requests.IndexRequest: index_data,
    requests.JoinRequest: join,
    requests.ExportLibraryRequest: export_library,
}


def run(record: Any, watch: Watch = SILENT) -> Any:
    """Do what a record asks for; what comes back says so in words by its `sentence()`."""
    if type(record) not in RUNNERS:
        raise EngineError(f"{type(record).__name__} is no request; {', '.join(kind.__name__ for kind in RUNNERS)} are.")
    return RUNNERS[type(record)](record, watch)
