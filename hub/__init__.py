"""The hub of a collectivité: takes sealed releases of many schools, shows how they spread.

Rules: it reads releases and nothing else of a school (never `school`, `collector`, `analyzer`: an
import contract); no route names a school, each reader's own is in the token or the session; what was
accepted is never overwritten; every refusal has a reason (`hub.check.Reason`). The school's side
(`hub.outbox`, `hub.wire`, `hub.sending`) sends stored files byte for byte. docs/hub.md says who
learns what.
"""
