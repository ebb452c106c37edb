// Written by `cargo test` from src-tauri/{core,pbx,relay}: do not edit.

/** Kinds of events. */
export type EventWord =
  | "CallAnsweredEvent"
  | "CallCollectingEvent"
  | "CallDetachedEvent"
  | "CallForwardedEvent"
  | "CallHeldEvent"
  | "CallOriginatedEvent"
  | "CallOriginatingEvent"
  | "CallPickedUpEvent"
  | "CallReceivedEvent"
  | "CallRecordingStartedEvent"
  | "CallRecordingStoppedEvent"
  | "CallRedirectedEvent"
  | "CallReleasedEvent"
  | "CallReleasingEvent"
  | "CallRetrievedEvent"
  | "CallSubscriptionEvent"
  | "CallSubscriptionResyncEvent"
  | "CallTransferredEvent"
  | "CallUpdatedEvent"
  | "HookStatusEvent"
  | "SubscriptionTerminatedEvent";

/** Why a request to the PBX failed. */
export type PbxCause =
  | "pbx_connection_broken"
  | "pbx_invalid_argument"
  | "pbx_not_json"
  | "pbx_outcome_unknown"
  | "pbx_refused"
  | "pbx_timeout"
  | "pbx_too_large"
  | "pbx_unauthorized"
  | "pbx_unavailable"
  | "pbx_unreachable"
  | "pbx_unreachable_dns"
  | "pbx_unreachable_refused"
  | "pbx_unreachable_silent"
  | "pbx_unreachable_tls";

/** Why an event cannot be read; numbers are `#`. */
export type UnreadReason =
  | "a text is longer than # bytes"
  | "an element has more than # attributes"
  | "elements are nested deeper than #"
  | "markup in a text contradicts the event"
  | "not well-formed XML at byte #"
  | "the XML declaration names an encoding other than UTF-#"
  | "the body holds a control character"
  | "the body is empty"
  | "the body is longer than # bytes"
  | "the body is not UTF-#"
  | "the document ends too early"
  | "the document has a DOCTYPE"
  | "the document has more than # elements"
  | "the document uses an entity that XML does not define"
  | "the root element is not an event";
