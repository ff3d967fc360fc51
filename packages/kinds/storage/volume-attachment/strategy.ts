/**
 * The life of a volume attachment.
 *
 * Source: kubernetes `pkg/registry/storage/volumeattachment`, `pkg/apis/storage/validation`.
 */
import { child, type FieldError, forbiddenField, invalid, required, tooLong } from '#machinery/field-error.ts';
import type { Column, Strategy, Subresource } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import { csiDriverName } from '../../core/pod/validation/legacy-volumes.ts';
import { volumeSpecRules } from '../../core/persistent-volume/validation.ts';
import { dnsSubdomain, IMMUTABLE, qualifiedName } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import { statusSubresource } from '../../strategy.ts';
import type { VolumeAttachment, VolumeAttachmentStatus, VolumeError } from './schema.ts';

const MAX_ERROR_MESSAGE = 1024;
const MAX_METADATA_BYTES = 256 * 1024;

/** Rules of an attachment's life: what is attached where stays. */
export const volumeAttachmentStrategy: Strategy<VolumeAttachment> = {
  prepareForCreate(draft) {
    draft.status = { attached: false };
  },
  prepareForUpdate(draft, stored) {
    draft.status = stored.status as Draft<VolumeAttachmentStatus>;
  },
  validate: (attachment) => [...validateAttachment(attachment), ...nameRules(attachment)],
  validateUpdate: (attachment, stored) => [
    ...validateAttachment(attachment),
    ...(sameValue(attachment.spec, stored.spec) ? [] : [invalid('spec', attachment.spec, IMMUTABLE)]),
  ],
};

/** Names that are asked for since `v1` only. */
function nameRules({ spec: { attacher, source } }: VolumeAttachment): FieldError[] {
  const { persistentVolumeName: name } = source;
  return [...csiDriverName('spec.attacher', attacher), ...(name === undefined ? [] : dnsSubdomain('spec.source.persistentVolumeName', name))];
}

function validateAttachment(attachment: VolumeAttachment): FieldError[] {
  const { attacher, source, nodeName } = attachment.spec;
  const errors = attacher
    ? qualifiedName('spec.attacher', attacher.toLowerCase())
    : [required('spec.attacher', attacher)];
  const { persistentVolumeName: name, inlineVolumeSpec: inline } = source;
  if (name === undefined && !inline) errors.push(required('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'));
  if (name !== undefined && inline)
    errors.push(forbiddenField('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'));
  else if (name === '') errors.push(required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName'));
  else if (inline) errors.push(...volumeSpecRules('spec.source.inlineVolumeSpec', inline, { name: '', inline: true }));
  errors.push(...dnsSubdomain('spec.nodeName', nodeName));
  return errors;
}

/** `status`. */
export const volumeAttachmentStatusSubresource: Subresource = statusSubresource<VolumeAttachment>({
  validate: ({ status }) => [
    ...metadataRules(status),
    ...errorRules('status.attachError', status.attachError),
    ...errorRules('status.detachError', status.detachError),
  ],
});

function metadataRules({ attachmentMetadata = {} }: VolumeAttachmentStatus): FieldError[] {
  const bytes = Object.entries(attachmentMetadata).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return bytes > MAX_METADATA_BYTES ? [tooLong('status.attachmentMetadata', MAX_METADATA_BYTES)] : [];
}

function errorRules(field: string, error: VolumeError | undefined): FieldError[] {
  return error?.message && error.message.length > MAX_ERROR_MESSAGE ? [tooLong(child(field, 'message'), MAX_ERROR_MESSAGE)] : [];
}

/** What `kubectl get volumeattachments` shows. */
export const volumeAttachmentColumns: readonly Column<VolumeAttachment>[] = [
  nameColumn,
  { name: 'Attacher', type: 'string', format: 'name', description: 'Who attaches.', cell: ({ spec }) => spec.attacher },
  { name: 'PV', type: 'string', description: 'The volume.', cell: ({ spec }) => spec.source.persistentVolumeName ?? '' },
  { name: 'Node', type: 'string', description: 'The node.', cell: ({ spec }) => spec.nodeName },
  { name: 'Attached', type: 'boolean', description: 'Whether it is attached.', cell: ({ status }) => status.attached },
  ageColumn,
];
