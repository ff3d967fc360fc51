import { createCases, updateCases, warningCases } from '../../testing/tables.ts';
import { cronJobs } from './kind.ts';

const jobTemplate = { spec: { template: { spec: { containers: [{ name: 'c', image: 'busybox:1' }], restartPolicy: 'Never' } } } };
const cronJob = (spec: object, name = 'tick'): object => ({
  kind: 'CronJob',
  apiVersion: 'batch/v1',
  metadata: { name, namespace: 'default' },
  spec: { schedule: '*/5 * * * *', jobTemplate, ...spec },
});
const scheduled = (schedule: string, detail?: string): [object, string[]] => [
  cronJob({ schedule }),
  detail === undefined ? [] : [`spec.schedule: Invalid value: ${JSON.stringify(schedule)}: ${detail}`],
];
const zone = (timeZone: string, ...details: readonly string[]): [object, string[]] => [
  cronJob({ timeZone }),
  details.map((detail) => `spec.timeZone: Invalid value: ${JSON.stringify(timeZone)}: ${detail}`),
];
const withJob = (spec: object): object => cronJob({ jobTemplate: { spec: { ...jobTemplate.spec, ...spec } } });

createCases(cronJobs, {
  'schedule: names and steps': scheduled('0-30/5 8-18 */2 JAN-mar MON,fri'),
  'schedule: question marks': scheduled('0 0 ? * ?'),
  'schedule: descriptor': scheduled('@hourly'),
  'schedule: interval': scheduled('@every 1h30m'),
  'schedule: unknown descriptor': scheduled('@noon', 'unrecognized descriptor: @noon'),
  'schedule: bad interval': scheduled('@every soon', 'failed to parse duration @every soon: time: invalid duration "soon"'),
  'schedule: seconds': scheduled('0 * * * * *', 'expected exactly 5 fields, found 6: [0 * * * * *]'),
  'schedule: word': scheduled('x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'),
  'schedule: hyphens': scheduled('1-2-3 * * * *', 'too many hyphens: 1-2-3'),
  'schedule: slashes': scheduled('*/2/3 * * * *', 'too many slashes: */2/3'),
  'schedule: no step': scheduled('*/0 * * * *', 'step of range should be a positive number: */0'),
  'schedule: backwards': scheduled('9-5 * * * *', 'beginning of range (9) beyond end of range (5): 9-5'),
  'schedule: below': scheduled('* * 0 * *', 'beginning of range (0) below minimum (1): 0'),
  'schedule: above': scheduled('* * * * 7', 'end of range (7) above maximum (6): 7'),
  'zone: empty': zone('', 'timeZone must be nil or non-empty string'),
  'zone: of parts': zone('America/Argentina/Buenos_Aires'),
  'zone: old name': zone('Etc/GMT+5'),
  'zone: local': zone('LOCAL', 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones', 'unknown time zone LOCAL'),
  'zone: path': zone('../Europe/Berlin', 'unknown time zone ../Europe/Berlin'),
  'zone: empty part': zone('Europe//Berlin', 'unknown time zone Europe//Berlin'),
  'zone: hyphen': zone('Europe/-Berlin', 'unknown time zone Europe/-Berlin'),
  'zone: long part': zone('Europe/Berlinberlinberlin', 'unknown time zone Europe/Berlinberlinberlin'),
  'zone: offset': zone('+02:00', 'unknown time zone +02:00'),
  'zone twice': [
    cronJob({ schedule: 'TZ=UTC 0 * * * *', timeZone: 'UTC' }),
    ['spec.schedule: Invalid value: "TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead'],
  ],
  'selector of the job': [
    withJob({ selector: { matchLabels: { a: 'b' } }, manualSelector: true }),
    [
      'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: `selector` will be auto-generated',
      'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
    ],
  ],
  'rules of the job': [
    withJob({ completionMode: 'Indexed', backoffLimit: -1 }),
    [
      'spec.jobTemplate.spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0',
      'spec.jobTemplate.spec.completions: Required value: when completion mode is Indexed',
    ],
  ],
  'no concurrency policy is the default': [cronJob({ concurrencyPolicy: '' }), []],
  'name of 52 characters': [cronJob({}, 'a'.repeat(52)), []],
});

updateCases(cronJobs, cronJob({ schedule: 'TZ=UTC 0 * * * *' }), {
  'a zone in the schedule may stay': [(draft) => void (draft.spec!.suspend = true), []],
  'but not beside the field': [
    (draft) => void (draft.spec!.timeZone = 'UTC'),
    ['spec.schedule: Invalid value: "TZ=UTC 0 * * * *": cannot use both timeZone field and TZ or CRON_TZ in schedule'],
  ],
});

updateCases(cronJobs, cronJob({ timeZone: 'Mars/Base' }, 'a'.repeat(60)), {
  'an old name and an old zone': [(draft) => void (draft.spec!.suspend = true), []],
  'a zone in the schedule': [
    (draft) => void (draft.spec!.schedule = 'CRON_TZ=UTC 0 * * * *'),
    ['spec.schedule: Invalid value: "CRON_TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead'],
  ],
  'no schedule': [(draft) => void (draft.spec!.schedule = ''), ['spec.schedule: Required value']],
});

warningCases(cronJobs, {
  'a zone in the schedule': [
    cronJob({ schedule: 'CRON_TZ=UTC 0 * * * *' }),
    [
      'spec.schedule: CRON_TZ or TZ used in schedule is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details',
    ],
  ],
});
