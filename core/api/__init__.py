"""The API (接口) below /api/v1/: what a room's pages show and do, for programs; read from the room and its lifecycle.

problems    every refusal as problem JSON (RFC 9457)
throttles   how often one may ask
asking      a verb's form as JSON Schema, and JSON as what the form reads
telling     a room's objects as typed fields
schema      what OpenAPI says of each operation
views       list, object, files, verb
"""
