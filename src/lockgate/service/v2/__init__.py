"""The Open Inference Protocol, version 2, beside the service's own routes.

Sources: KServe, "Open Inference Protocol", REST; Triton Inference Server, "Binary Tensor Data
Extension".
"""

from lockgate.service.v2.messages import InferenceError, InferenceRequest
from lockgate.service.v2.openapi import refusals
from lockgate.service.v2.routes import inference_routes

__all__ = ["InferenceError", "InferenceRequest", "inference_routes", "refusals"]
