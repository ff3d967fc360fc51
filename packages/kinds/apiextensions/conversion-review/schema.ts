import type { Infer } from '#machinery/schema.ts';
import { list, message, pointer, rawExtension, required, string } from '#machinery/schema.ts';
import { status, typeMeta } from '#machinery/meta.ts';

export const conversionRequest = message('apiextensions/v1.ConversionRequest', {
  uid: required(1, string),
  desiredAPIVersion: required(2, string),
  objects: required(3, list(rawExtension)),
});
export interface ConversionRequest extends Infer<typeof conversionRequest> {}

export const conversionResponse = message('apiextensions/v1.ConversionResponse', {
  uid: required(1, string),
  convertedObjects: required(2, list(rawExtension)),
  result: required(3, status),
});
export interface ConversionResponse extends Infer<typeof conversionResponse> {}

export const conversionReview = message('apiextensions/v1.ConversionReview', {
  ...typeMeta,
  request: pointer(1, conversionRequest),
  response: pointer(2, conversionResponse),
});
export interface ConversionReview extends Infer<typeof conversionReview> {}
