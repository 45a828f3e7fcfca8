/** The service as its .proto file would declare it. */

import { create, createFileRegistry } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";

const message = (name, field) => ({
  name,
  field: [{
    name: field,
    number: 1,
    type: FieldDescriptorProto_Type.STRING,
    label: FieldDescriptorProto_Label.OPTIONAL,
    jsonName: field,
  }],
});
const method = (name, more = {}) => ({
  name,
  inputType: ".test.v1.Request",
  outputType: ".test.v1.Response",
  ...more,
});

const file = create(FileDescriptorProtoSchema, {
  name: "test/v1/test.proto",
  package: "test.v1",
  syntax: "proto3",
  messageType: [message("Request", "sentence"), message("Response", "sentence")],
  service: [{
    name: "TestService",
    method: [
      method("Say"),
      method("Fail"),
      method("Introduce", { serverStreaming: true }),
      method("FailLate", { serverStreaming: true }),
    ],
  }],
});

const registry = createFileRegistry(
  create(FileDescriptorSetSchema, { file: [file] }),
);

export const TestService = registry.getService("test.v1.TestService");
