/**
 * Rules for paths inside volumes.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidateLocalNonReservedPath and its parts.
 */
import { child, type FieldError, invalid } from '#machinery/field-error.ts';
import { present } from '../../../rules.ts';
import type { KeyToPath } from '../volumes.ts';

/** No part of the path is `..`. */
export function noBacksteps(field: string, path: string): FieldError[] {
  return path.split('/').includes('..') ? [invalid(field, path, "must not contain '..'")] : [];
}

/** Relative, without `..`. */
export function localDescendingPath(field: string, path: string): FieldError[] {
  const absolute = path.startsWith('/') ? [invalid(field, path, 'must be a relative path')] : [];
  return [...absolute, ...noBacksteps(field, path)];
}

/** Relative, without `..`, and no name that starts with `..` at the top: those are the volume plugin's. */
export function localNonReservedPath(field: string, path: string): FieldError[] {
  const errors = localDescendingPath(field, path);
  if (path.startsWith('..') && !path.startsWith('../') && path !== '..') errors.push(invalid(field, path, "must not start with '..'"));
  return errors;
}

/** Permission bits. */
export function fileMode(field: string, mode: number | undefined): FieldError[] {
  return mode !== undefined && (mode < 0 || mode > 0o777)
    ? [invalid(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive')]
    : [];
}

/** One key and its file. */
export function keyPathRule(field: string, { key, path, mode }: KeyToPath): FieldError[] {
  return [
    ...present(child(field, 'key'), key),
    ...present(child(field, 'path'), path),
    ...localNonReservedPath(child(field, 'path'), path),
    ...fileMode(child(field, 'mode'), mode),
  ];
}
