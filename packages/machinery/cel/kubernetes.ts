/** The environment that all expressions in Kubernetes 1.36 share: functions and macros, no variables. */
import { TimeZones } from '#base/time-zones.ts';
import { type Environment, makeEnvironment } from './environment.ts';
import { authorizer } from './library/authorizer.ts';
import { formats } from './library/formats.ts';
import { lists } from './library/lists.ts';
import { network } from './library/network.ts';
import { optionals } from './library/optional.ts';
import { quantities } from './library/quantities.ts';
import { regex } from './library/regex.ts';
import { semvers } from './library/semver.ts';
import { sets } from './library/sets.ts';
import { strings } from './library/strings.ts';
import { urls } from './library/urls.ts';
import { conversions } from './standard/conversions.ts';
import { operators } from './standard/operators.ts';
import { texts } from './standard/texts.ts';
import { times } from './standard/times.ts';

/** The shared environment; add variables with `withVariables`. */
export const KUBERNETES: Environment = makeEnvironment({
  libraries: [operators, conversions, texts, times(new TimeZones()), optionals, strings, lists, sets, regex, urls, quantities, network, formats, semvers, authorizer],
});
