/**
 * The gRPC service of the sidecar, as the part of docs/events/events.proto behind the events.
 */

/** Appended by `eventsProto`. Numbers are wire format: append, never reorder. */
export const SIDECAR_PROTO = `// What a program beside the engine may ask of it, over a Unix socket or loopback (\`sidecar.listen\`).
service Sidecar {
  // Events from now on. A subscriber that is slow loses its own, and is told how many by events_dropped of flow 0.
  rpc Subscribe(SubscribeRequest) returns (stream Event);
  // Open flows, oldest first.
  rpc Flows(FlowsRequest) returns (FlowsReply);
  // Bypasses in force, learned and configured.
  rpc Bypasses(BypassesRequest) returns (BypassesReply);
  // Revokes learned bypasses of a host, and answers with those that are left.
  rpc RevokeBypass(RevokeBypassRequest) returns (BypassesReply);
  // Reads the configuration file anew. INVALID_ARGUMENT says what is wrong with it; the running one stays then.
  rpc Reload(ReloadRequest) returns (ReloadReply);
  rpc Health(HealthRequest) returns (HealthReply);
}

// All conditions that are present must hold; without any, every event comes.
message SubscribeRequest {
  // Names of events, as in JSON: "request_headers".
  repeated string events = 1;
  // server_host: exact, or ".suffix" for subdomains.
  repeated string hosts = 2;
  // As in JSON: "http1".
  repeated string protocols = 3;
  optional string flow_id = 4;
  // Events on their way at most; no more than \`sidecar.queue\`.
  optional uint32 queue = 5;
}

message FlowsRequest {
  // At most 1,000; absent: 100.
  optional uint32 limit = 1;
}

message FlowsReply {
  // How many there are.
  uint32 open = 1;
  repeated Flow flows = 2;
}

message Flow {
  string flow_id = 1;
  string client_addr = 2;
  string server_host = 3;
  uint32 server_port = 4;
  string protocol = 5;
  uint32 worker = 6;
  double opened_unix_ms = 7;
  uint32 next_flow_seq = 8;
  uint32 open_exchanges = 9;
}

message BypassesRequest {}

message RevokeBypassRequest {
  string host = 1;
  // Absent: of every client.
  optional string client = 2;
}

message BypassesReply {
  uint32 revoked = 1;
  repeated Bypass bypasses = 2;
}

message Bypass {
  string client = 1;
  string host = 2;
  // "learned" or "configured"; a configured one has no times.
  string origin = 3;
  optional double learned_unix_ms = 4;
  optional double expires_unix_ms = 5;
}

message ReloadRequest {}

message ReloadReply {
  uint32 rules = 1;
}

message HealthRequest {}

message HealthReply {
  // "starting", "ready", "draining" or "closed".
  string state = 1;
  string version = 2;
  string instance = 3;
}
`
