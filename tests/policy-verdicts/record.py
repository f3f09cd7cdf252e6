"""Asks a kube-apiserver what it says to the policies, definitions and objects of this folder, and writes it down.

A server for it needs etcd, `--token-auth-file` with the token `secret` for system:masters and
`--authorization-mode=AlwaysAllow`, on https://127.0.0.1:26443; no node and no controller. Needs PyYAML.
"""
import glob, json, os, re, ssl, sys, time, urllib.request, yaml

CONTEXT = ssl._create_unverified_context()
HERE = os.path.dirname(os.path.abspath(__file__))
VAP = '/apis/admissionregistration.k8s.io/v1/'


def ask(method, path, body=None):
    request = urllib.request.Request(
        os.environ.get('SERVER', 'https://127.0.0.1:26443') + path, method=method, data=None if body is None else json.dumps(body).encode(),
        headers={'Authorization': 'Bearer secret', 'Content-Type': 'application/json'})
    try:
        with urllib.request.urlopen(request, context=CONTEXT) as answer:
            return answer.status, json.load(answer), answer.headers.get_all('Warning') or []
    except urllib.error.HTTPError as error:
        body = error.read()
        answer = json.loads(body) if body[:1] == b'{' else {'message': body.decode()}
        return error.code, answer, error.headers.get_all('Warning') or []


RESOURCES = {}


def path(obj):
    version = obj['apiVersion']
    base = '/api/v1' if version == 'v1' else '/apis/' + version
    for _ in range(40):
        if obj['kind'] in RESOURCES.get(version, {}):
            break
        found = ask('GET', base)[1].get('resources') or []
        RESOURCES[version] = {r['kind']: r for r in found if '/' not in r['name']}
        if obj['kind'] not in RESOURCES[version]:
            time.sleep(0.5)
    resource = RESOURCES[version][obj['kind']]
    namespace = '/namespaces/' + obj['metadata'].get('namespace', 'default') if resource['namespaced'] else ''
    return base + namespace + '/' + resource['name']


def create(obj, dry=False):
    return ask('POST', path(obj) + ('?dryRun=All' if dry else ''), obj)


def delete(obj):
    ask('DELETE', path(obj) + '/' + obj['metadata']['name'])


def documents(name):
    return [d for d in yaml.load_all(open(name), yaml.CSafeLoader) if d]




def expressions():
    objects = documents(HERE + '/objects.yaml')
    lines = [line.split(' ⇒ ')[0].rstrip('\n') for line in open(HERE + '/expressions.txt') if line.strip() and not line.startswith('#')]
    out = {}
    for start in range(0, len(lines), 8):
        made = []
        for number, text in enumerate(lines[start:start + 8], start):
            name = 'p%d' % number
            policy = {'apiVersion': 'admissionregistration.k8s.io/v1', 'kind': 'ValidatingAdmissionPolicy', 'metadata': {'name': name},
                      'spec': {'matchConstraints': {'resourceRules': [{'apiGroups': ['*'], 'apiVersions': ['*'], 'operations': ['CREATE'], 'resources': ['*']}]},
                               'validations': [{'expression': text, 'message': 'n'}]}}
            binding = {'apiVersion': 'admissionregistration.k8s.io/v1', 'kind': 'ValidatingAdmissionPolicyBinding', 'metadata': {'name': name},
                       'spec': {'policyName': name, 'validationActions': ['Warn']}}
            status, answer, _ = create(policy)
            if status >= 300:
                out[text] = 'refused'
                continue
            create(binding)
            made.append((number, text, policy, binding))
        time.sleep(2.5)
        for number, text, _, _ in made:
            out[text] = ''
        for obj in objects:
            _, _, warnings = create(obj, dry=True)
            for number, text, _, _ in made:
                mine = [w for w in warnings if "'p%d' with binding" % number in w]
                letter = 'y' if not mine else 'n' if mine[0].rstrip('"').endswith(': n') else 'e'
                out[text] += letter
        for _, _, policy, binding in made:
            delete(binding)
            delete(policy)
        print(start, file=sys.stderr)
    with open(HERE + '/expressions.txt', 'w') as file:
        file.write('# Expressions, and what the API server says to them over each object of objects.yaml: y true, n false, e error.\n')
        for text in lines:
            file.write('%s ⇒ %s\n' % (text, out[text]))


def wait_for(definition):
    for _ in range(60):
        _, found, _ = ask('GET', path(definition) + '/' + definition['metadata']['name'])
        if any(c['type'] == 'Established' and c['status'] == 'True' for c in (found.get('status', {}).get('conditions') or [])):
            time.sleep(1)
            return
        time.sleep(0.5)


def cases(folder):
    """Each file: what must be there first, then the objects that are asked about, which carry the label `case: judged`."""
    with open('%s/%s.txt' % (HERE, folder), 'w') as out:
        for name in sorted(glob.glob('%s/%s/*.yaml' % (HERE, folder))):
            made, asked = [], []
            title = os.path.basename(name)[:-5]
            for document in documents(name):
                judged = (document['metadata'].get('labels') or {}).get('case') == 'judged'
                if judged and asked is not None:
                    asked.append(document)
                    continue
                status, answer, _ = create(document)
                # no controller is there to delete a namespace, so one stays for all cases
                if status >= 300 and document['kind'] != 'Namespace':
                    message = json.dumps(answer.get('message', ''), ensure_ascii=False)
                    out.write('%s %s %s ⇒ refused %s\n' % (title, document['kind'], document['metadata']['name'], message))
                    out.flush()
                    if document['kind'] == 'CustomResourceDefinition':
                        asked = None
                        break
                else:
                    made.append(document)
                    if document['kind'] == 'CustomResourceDefinition':
                        wait_for(document)
            # parameters are watched from the first policy on that names their kind
            time.sleep(12 if 'paramKind' in open(name).read() else 2.5)
            for document in asked or []:
                status, answer, warnings = create(document, dry=True)
                verdict = 'denied' if status >= 300 else 'warned' if warnings else 'accepted'
                message = answer.get('message', '') if status >= 300 else ' '.join(warnings)
                out.write('%s %s %s ⇒ %s %s\n' % (title, document['kind'], document['metadata']['name'], verdict, json.dumps(message, ensure_ascii=False)))
            for document in reversed(made):
                if document['kind'] != 'Namespace':
                    delete(document)
            RESOURCES.clear()
            print(title, file=sys.stderr)


def composed(number, line):
    """A policy and its binding, which warns."""
    said, name = json.loads(line), 'p%d' % number
    rule = {'apiGroups': ['*'], 'apiVersions': ['*'], 'operations': ['CREATE'], 'resources': ['*']}
    constraints = dict({'resourceRules': said.get('rules', [rule])}, **said.get('match', {}))
    spec = dict({'matchConstraints': constraints, 'validations': [{'expression': 'false', 'message': 'n'}]}, **said.get('policy', {}))
    meta = {'apiVersion': VAP[6:-1], 'metadata': {'name': name}}
    return (dict(meta, kind='ValidatingAdmissionPolicy', spec=spec),
            dict(meta, kind='ValidatingAdmissionPolicyBinding', spec=dict({'policyName': name, 'validationActions': ['Warn']}, **said.get('binding', {}))))


def matched():
    objects, params = documents(HERE + '/matched.yaml'), documents(HERE + '/matched-params.yaml')
    for one in params:
        create(one)
    lines = [line.split(' ⇒ ')[0].rstrip('\n') for line in open(HERE + '/matched.txt')]
    out, warm = {}, False
    wanted = [(n, line) for n, line in enumerate(lines) if line and not line.startswith('#')]
    while wanted:
        # what denies hides what others say
        alone = lambda line: 'auditAnnotations' in line or 'paramRef' in line
        batch, wanted = ([wanted[0]], wanted[1:]) if alone(wanted[0][1]) else (wanted[:8], wanted[8:])
        while len(batch) > 1 and any(alone(line) for _, line in batch):
            wanted.insert(0, batch.pop())
        made = []
        for number, line in batch:
            policy, binding = composed(number, line)
            answers = [create(policy), create(binding)]
            if any(status >= 300 for status, _, _ in answers):
                out[line] = 'refused'
                print(line, [a.get('message') for s, a, _ in answers if s >= 300], file=sys.stderr)
                delete(policy)
                continue
            out[line] = ''
            made.append((number, line, policy, binding))
        # parameters are watched from the first policy on that names their kind
        time.sleep(4 if warm or not any('paramKind' in line for _, line in batch) else 15)
        warm = warm or any('paramKind' in line for _, line in batch)
        for one in objects:
            status, answer, warnings = create(one, dry=True)
            for number, line, _, _ in made:
                mine = [w for w in warnings if "'p%d' with binding" % number in w]
                letter = 'd' if status >= 300 else 'y' if not mine else 'n' if mine[0].rstrip('"').endswith(': n') else 'e'
                out[line] += letter
                if letter == 'd':
                    print(line, answer.get('message'), file=sys.stderr)
        for _, _, policy, binding in made:
            delete(binding)
            delete(policy)
    with open(HERE + '/matched.txt', 'w') as file:
        file.writelines('%s ⇒ %s\n' % (line, out[line]) if line in out else line + '\n' for line in lines)
    for one in params:
        delete(one)


def mutations():
    lines = open(HERE + '/mutations.txt').read().split('\n')
    with open(HERE + '/mutations.txt', 'w') as file:
        for line in lines:
            if not line or line.startswith('#'):
                file.write(line + '\n' if line else '')
                continue
            line = line.split(' ⇒ ')[0]
            kind, text = line.split(' ', 1)
            mutation = {'patchType': 'JSONPatch', 'jsonPatch': {'expression': '[JSONPatch{}]'}}
            if kind in ('apply', 'patch'):
                of = {'apply': ('ApplyConfiguration', 'applyConfiguration'), 'patch': ('JSONPatch', 'jsonPatch')}[kind]
                mutation = {'patchType': of[0], of[1]: {'expression': text}}
            rule = {'apiGroups': ['*'], 'apiVersions': ['*'], 'operations': ['CREATE'], 'resources': ['*']}
            spec = {'failurePolicy': 'Fail', 'reinvocationPolicy': 'Never', 'matchConstraints': {'resourceRules': [rule]},
                    'variables': [{'name': 'count', 'expression': '3'}], 'mutations': [mutation]}
            if kind == 'variable':
                spec['variables'].append({'name': 'more', 'expression': text})
            if kind == 'condition':
                spec['matchConditions'] = [{'name': 'a', 'expression': text}]
            policy = {'apiVersion': 'admissionregistration.k8s.io/v1', 'kind': 'MutatingAdmissionPolicy', 'metadata': {'name': 'p'}, 'spec': spec}
            status, answer, _ = create(policy, dry=True)
            print(status, line, answer.get('message', '')[:300] if status >= 300 else '', file=sys.stderr)
            file.write('%s ⇒ %s\n' % (line, 'accepted' if status < 300 else 'refused'))


def definition(text, items, place, expression):
    """A definition with a rule, twelve times the rule (`all:`), or a message (`message:`)."""
    kind, _, place = place.rpartition(':')
    rule = {'rule': 'true', 'messageExpression': expression} if kind == 'message' else {'rule': expression}
    rules = 'x-kubernetes-validations: ' + json.dumps([rule] * (12 if kind == 'all' else 1))
    schema = open(HERE + '/costs.yaml').read().replace('# %s\n' % place, rules + '\n')
    schema = yaml.load(schema.replace('TEXT', text).replace('ITEMS', items), yaml.CSafeLoader)
    version = {'name': 'v1', 'served': True, 'storage': True, 'schema': {'openAPIV3Schema': schema}}
    return {'apiVersion': 'apiextensions.k8s.io/v1', 'kind': 'CustomResourceDefinition', 'metadata': {'name': 'kites.shop.example.com'},
            'spec': {'group': 'shop.example.com', 'scope': 'Namespaced', 'names': {'plural': 'kites', 'kind': 'Kite'}, 'versions': [version]}}


def costs(name):
    """Estimates of costs: how far beyond the limits a rule is, and all rules together."""
    lines = [line.split(' ⇒ ')[0].rstrip('\n') for line in open(HERE + '/' + name) if line.strip() and not line.startswith('#')]
    head = [line for line in open(HERE + '/' + name) if line.startswith('#')]
    with open(HERE + '/' + name, 'w') as file:
        file.writelines(head)
        for line in lines:
            status, answer, _ = create(definition(*line.split(' ', 3)), dry=True)
            message = answer.get('message', '')
            each = sorted(set(re.findall(r'estimated (?:rule|messageExpression) cost exceeds budget by factor of ([^(]*?)x? \(', message)))
            total = re.findall(r'schema exceeds budget by factor of ([^(]*?)x? \(', message)
            verdict = ' '.join(['all ' + factor for factor in total] + ['rule ' + factor for factor in each])
            verdict = 'accepted' if status < 300 else verdict or 'invalid'
            file.write('%s ⇒ %s\n' % (line, verdict))


if __name__ == '__main__':
    create({'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': 'shop', 'labels': {'env': 'prod'}}})
    for what in sys.argv[1:]:
        expressions() if what == 'expressions' else mutations() if what == 'mutations' else matched() if what == 'matched' else costs(what) if what.startswith('costs') else cases(what)
