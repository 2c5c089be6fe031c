// What jsforce does in ordinary use: logins, rows, queries, both Bulk APIs, SOAP, files, and what is refused.

import { strict as assert } from 'node:assert';
import { createSign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const jsforce = createRequire(`${process.env.CLIENT_MODULES}/`)('jsforce');
const {
  SF_URL: loginUrl, SF_CLIENT_ID: clientId, SF_CLIENT_SECRET: clientSecret, SF_USERNAME: username,
  SF_PASSWORD, SF_SECURITY_TOKEN, SF_ACCESS_TOKEN: accessToken, SF_REFRESH_TOKEN: refreshToken, SF_JWT_KEY,
} = process.env;
const password = SF_PASSWORD + SF_SECURITY_TOKEN;
const redirectUri = 'http://localhost:1717/OauthRedirect';
const app = { loginUrl, clientId, clientSecret };

let failed = 0;

/** Prints whether what stands in the function went well. A check that fails stops no other. */
async function check(name, body) {
  try {
    await body();
    console.log(`ok   ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}: ${error.errorCode ?? error.name}: ${error.message}`.replaceAll('\n', ' ').slice(0, 600));
  }
}

/** The call has to be refused, with all of these texts in the error. */
async function refused(call, ...texts) {
  const error = await Promise.resolve().then(call).then(() => undefined, (refusal) => refusal);
  assert.ok(error, 'it was not refused');
  const said = `${error.name} ${error.errorCode} ${error.message} ${JSON.stringify(error.data ?? error.content ?? '')}`;
  for (const text of texts) assert.ok(said.includes(text), `${text} not in ${said}`);
}

async function collected(stream) {
  const rows = [];
  for await (const row of stream) rows.push(row);
  return rows;
}

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function assertion() {
  const claims = { iss: clientId, sub: username, aud: loginUrl, exp: Math.floor(Date.now() / 1000) + 120 };
  const message = `${base64url({ alg: 'RS256' })}.${base64url(claims)}`;
  return `${message}.${createSign('RSA-SHA256').update(message).sign(readFileSync(SF_JWT_KEY), 'base64url')}`;
}

const works = async (conn) => assert.equal((await conn.query('SELECT Id FROM Organization')).totalSize, 1);

await check('login: user name and password, over SOAP', async () => {
  const conn = new jsforce.Connection({ loginUrl });
  const user = await conn.login(username, password);
  assert.ok(user.organizationId.startsWith('00D'));
  await works(conn);
  await conn.logout();
});
await check('login: user name, password and app', async () => {
  const conn = new jsforce.Connection({ oauth2: app });
  await conn.login(username, password);
  await works(conn);
  await conn.logout();
});
await check('login: client credentials', async () => {
  const conn = new jsforce.Connection({ oauth2: app });
  await conn.authorize({ grant_type: 'client_credentials' });
  await works(conn);
});
await check('login: JWT bearer', async () => {
  const conn = new jsforce.Connection({ oauth2: { loginUrl } });
  await conn.authorize({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: assertion() });
  await works(conn);
});
await check('login: browser with PKCE, and a session that is renewed by its refresh token', async () => {
  const oauth2 = new jsforce.OAuth2({ ...app, redirectUri, useVerifier: true });
  const url = new URL(oauth2.getAuthorizationUrl({ scope: 'api refresh_token' }));
  // What a browser sends for a person who allows it.
  url.searchParams.append('username', username);
  url.searchParams.append('decision', 'allow');
  const answer = await fetch(url.origin + url.pathname, { method: 'POST', redirect: 'manual', body: url.searchParams });
  const code = new URL(answer.headers.get('location')).searchParams.get('code');
  const conn = new jsforce.Connection({ oauth2 });
  await conn.authorize(code);
  await works(conn);
  assert.equal((await conn.identity()).username, username);
  conn.accessToken = 'gone';
  await works(conn);
});
await check('logout ends the session', async () => {
  const conn = new jsforce.Connection({ oauth2: app });
  await conn.login(username, password);
  const { accessToken: ended } = conn;
  await conn.logout();
  await refused(() => works(new jsforce.Connection({ instanceUrl: loginUrl, accessToken: ended })), 'INVALID_SESSION_ID');
});
await check('login: a refresh token', async () => {
  const conn = new jsforce.Connection({ oauth2: app, instanceUrl: loginUrl, accessToken: 'gone', refreshToken });
  let renewed;
  conn.on('refresh', (token) => { renewed = token; });
  await works(conn);
  assert.ok(renewed);
});
await check('login: a wrong password is refused, both ways', async () => {
  await refused(() => new jsforce.Connection({ loginUrl }).login(username, 'wrong'), 'INVALID_LOGIN');
  await refused(() => new jsforce.Connection({ oauth2: app }).login(username, 'wrong'), 'invalid_grant');
});

const conn = new jsforce.Connection({ instanceUrl: loginUrl, accessToken, version: '60.0' });
conn.bulk.pollInterval = 10;
conn.bulk2.pollInterval = 10;

await check('describe: the org', async () => {
  const names = (await conn.describeGlobal()).sobjects.map((each) => each.name);
  for (const name of ['Account', 'Contact', 'Specimen__c', 'User']) assert.ok(names.includes(name), name);
});
await check('describe: an object', async () => {
  const { fields } = await conn.sobject('Account').describe();
  assert.equal(fields.find((field) => field.name === 'Name').nillable, false);
});
await check('limits, and the calls of the day', async () => {
  assert.ok((await conn.limits()).DailyApiRequests.Max > 0);
  assert.ok(conn.limitInfo.apiUsage.used > 0);
});
await check('identity', async () => assert.equal((await conn.identity()).username, username));

const begun = new Date(Date.now() - 300_000);
const soon = () => new Date(Date.now() + 60_000);
let account;
await check('create, retrieve, update', async () => {
  const created = await conn.sobject('Account').create({ Name: 'Acme & Söhne', NumberOfEmployees: 12 });
  assert.ok(created.success);
  account = created.id;
  assert.equal((await conn.sobject('Account').update({ Id: account, Phone: '+49 1' })).success, true);
  assert.equal((await conn.sobject('Account').retrieve(account)).Phone, '+49 1');
});
await check('upsert by external id: new, then old', async () => {
  const first = await conn.sobject('Specimen__c').upsert({ Key__c: 'Own-1', Name: 'One' }, 'Key__c');
  assert.equal(first.created, true);
  const second = await conn.sobject('Specimen__c').upsert({ Key__c: 'Own-1', Name: 'Two' }, 'Key__c');
  assert.equal(second.success, true);
});
await check('many at once: create, retrieve, update, upsert, destroy', async () => {
  const rows = Array.from({ length: 250 }, (_, number) => ({ Name: `Many ${number}` }));
  const created = await conn.sobject('Account').create(rows, { allowRecursive: true });
  assert.ok(created.length === 250 && created.every((each) => each.success));
  const ids = created.slice(0, 3).map((each) => each.id);
  const found = await conn.sobject('Account').retrieve([...ids, '001000000000000AAA'], { fields: ['Id', 'Name'] });
  assert.deepEqual(found.map((row) => row?.Name), ['Many 0', 'Many 1', 'Many 2', undefined]);
  const changed = await conn.sobject('Account').update([{ Id: ids[0], Phone: '1' }, { Id: ids[1], Name: '' }]);
  assert.deepEqual(changed.map((each) => each.success), [true, false]);
  assert.equal(changed[1].errors[0].statusCode, 'REQUIRED_FIELD_MISSING');
  const upserted = await conn.sobject('Specimen__c')
    .upsert([{ Key__c: 'Own-1', Name: 'x' }, { Key__c: 'Own-2', Name: 'y' }], 'Key__c');
  assert.deepEqual(upserted.map((each) => each.created), [false, true]);
  assert.ok((await conn.sobject('Account').destroy(ids)).every((each) => each.success));
});
await check('all or none of many', async () => {
  const rows = [{ LastName: 'Good' }, { FirstName: 'bad' }];
  const outcomes = await conn.sobject('Contact').create(rows, { allOrNone: true });
  assert.deepEqual(outcomes.map((each) => each.errors[0].statusCode),
    ['ALL_OR_NONE_OPERATION_ROLLED_BACK', 'REQUIRED_FIELD_MISSING']);
});
let gone;
await check('destroy, getUpdated and getDeleted', async () => {
  gone = (await conn.sobject('Account').create({ Name: 'Gone' })).id;
  assert.ok((await conn.sobject('Account').destroy(gone)).success);
  assert.ok((await conn.sobject('Account').updated(begun, soon())).ids.includes(account));
  assert.ok((await conn.sobject('Account').deleted(begun, soon())).deletedRecords.some((row) => row.id === gone));
});
await check('recent rows', async () => {
  assert.ok(Array.isArray(await conn.recent(5)));
  assert.ok(Array.isArray(await conn.sobject('Account').recent()));
});

await check('a query of more than 2,000 rows, by queryMore', async () => {
  const page = await conn.query('SELECT Id FROM Contact');
  assert.ok(!page.done && page.totalSize > 2000 && page.records.length === 2000);
  const more = await conn.queryMore(page.nextRecordsUrl);
  assert.equal(more.records.length, Math.min(2000, page.totalSize - 2000));
});
await check('a query of more than 2,000 rows, fetched by itself', async () => {
  const rows = await conn.query('SELECT Id FROM Contact').run({ autoFetch: true, maxFetch: 100_000 });
  const { totalSize } = await conn.query('SELECT count() FROM Contact');
  assert.equal(new Set((rows.records ?? rows).map((row) => row.Id)).size, totalSize);
});
await check('a query in words of code, with parents and children', async () => {
  const rows = await conn.sobject('Contact').find({ 'Account.Name': { $ne: null } }, 'Id, LastName, Account.Name')
    .sort({ LastName: 1 }).limit(5);
  assert.ok(rows.length === 5 && rows[0].Account.Name);
  const [row] = await conn.sobject('Account').find({ Id: account }).include('Contacts').select('Id').end();
  assert.equal(row.Contacts, null);
  assert.equal(await conn.sobject('Account').count({ Id: account }), 1);
});
await check('queryAll sees what was deleted, query does not', async () => {
  const soql = `SELECT Id, IsDeleted FROM Account WHERE Id = '${gone}'`;
  assert.equal((await conn.query(soql)).totalSize, 0);
  assert.equal((await conn.query(soql, { scanAll: true })).records[0].IsDeleted, true);
});
await check('explain', async () => {
  assert.ok((await conn.query('SELECT Id FROM Account').explain()).plans.length > 0);
});
await check('search', async () => {
  const found = await conn.search('FIND {Söhne} IN ALL FIELDS RETURNING Account(Id, Name)');
  assert.ok(found.searchRecords.some((row) => row.Id === account));
});
await check('composite and batch', async () => {
  const base = '/services/data/v60.0';
  const answer = await conn.requestPost(`${base}/composite`, { compositeRequest: [
    { method: 'POST', url: `${base}/sobjects/Account`, referenceId: 'it', body: { Name: 'Composite' } },
    { method: 'GET', url: `${base}/sobjects/Account/@{it.id}`, referenceId: 'again' },
  ] });
  assert.equal(answer.compositeResponse[1].body.Name, 'Composite');
  const batch = await conn.requestPost(`${base}/composite/batch`, { batchRequests: [{ method: 'GET', url: 'v60.0/limits' }] });
  assert.equal(batch.results[0].statusCode, 200);
});
await check('tooling query', async () => {
  const found = await conn.tooling.query("SELECT QualifiedApiName FROM EntityDefinition WHERE QualifiedApiName = 'Account'");
  assert.equal(found.records[0].QualifiedApiName, 'Account');
});

const specimens = Array.from({ length: 250 }, (_, number) => ({ Name: `Bulk "${number}", é`, Key__c: `J-${number}` }));
let loaded;
await check('Bulk 1.0: insert, with one row that is refused', async () => {
  const outcomes = await conn.bulk.load('Specimen__c', 'insert', [...specimens, { Name: 'Twice', Key__c: 'J-1' }]);
  assert.equal(outcomes.filter((each) => each.success).length, 250);
  assert.ok(outcomes[250].errors[0].startsWith('DUPLICATE_VALUE:'));
  loaded = outcomes.slice(0, 250).map((each) => each.id);
});
await check('Bulk 1.0: update, upsert, delete', async () => {
  const changed = await conn.bulk.load('Specimen__c', 'update', [{ Id: loaded[0], Text__c: 'x', Checkbox__c: true }]);
  assert.ok(changed[0].success);
  assert.equal((await conn.sobject('Specimen__c').retrieve(loaded[0])).Checkbox__c, true);
  const upserted = await conn.bulk.load('Specimen__c', 'upsert', { extIdField: 'Key__c' },
    [{ Key__c: 'J-1', Name: 'x' }, { Key__c: 'J-new', Name: 'y' }]);
  assert.deepEqual(upserted.map((each) => each.created), [false, true]);
  const deleted = await conn.sobject('Specimen__c').find({ Key__c: 'J-2' }).destroy({ allowBulk: true, bulkThreshold: 0 });
  assert.ok(deleted[0].success);
});
await check('Bulk 1.0: query', async () => {
  const rows = await collected(await conn.bulk.query("SELECT Id, Name, Owner.Name FROM Specimen__c WHERE Key__c LIKE 'J-%'"));
  assert.equal(rows.length, 250);
  assert.ok(rows.some((row) => row.Name === 'Bulk "3", é') && rows[0]['Owner.Name']);
});
await check('Bulk 1.0: a job step by step', async () => {
  const job = conn.bulk.createJob('Account', 'insert');
  await job.open();
  const batch = job.createBatch();
  batch.execute([{ Name: 'Step' }]);
  await new Promise((resolve, reject) => { batch.on('queue', resolve); batch.on('error', reject); });
  assert.equal((await batch.check()).state, 'Completed');
  assert.equal((await job.list()).length, 1);
  assert.equal((await job.check()).numberRecordsProcessed, '1');
  assert.equal((await batch.retrieve())[0].success, true);
  assert.equal((await job.close()).state, 'Closed');
  const other = conn.bulk.createJob('Account', 'insert');
  await other.open();
  assert.equal((await other.abort()).state, 'Aborted');
});
await check('Bulk 1.0: what is wrong is refused', async () => {
  await refused(() => conn.bulk.query('SELECT Nothing__c FROM Account'), 'InvalidBatch', 'Nothing__c');
  await refused(() => conn.bulk.load('Nothing__c', 'insert', [{ Name: 'x' }]), 'InvalidEntity');
  await refused(() => conn.bulk.load('Account', 'insert', [{ Nothing__c: 'x' }]), 'Field name not found : Nothing__c');
});
await check('Bulk 1.0: a session that is over is renewed', async () => {
  const other = new jsforce.Connection({ oauth2: app });
  await other.login(username, password);
  other.bulk.pollInterval = 10;
  other.accessToken = 'gone';
  assert.equal((await collected(await other.bulk.query('SELECT Id FROM Organization'))).length, 1);
});

await check('Bulk 2.0: insert, with one row that is refused', async () => {
  const input = [...specimens.map((row) => ({ ...row, Key__c: `2${row.Key__c}` })), { Name: 'Twice', Key__c: '2J-1' }];
  const results = await conn.bulk2.loadAndWaitForResults({ object: 'Specimen__c', operation: 'insert', input });
  assert.deepEqual([results.successfulResults.length, results.failedResults.length, results.unprocessedRecords.length], [250, 1, 0]);
  assert.ok(results.failedResults[0].sf__Error.startsWith('DUPLICATE_VALUE:'));
});
await check('Bulk 2.0: upsert, update, delete', async () => {
  const upsert = { object: 'Specimen__c', operation: 'upsert', externalIdFieldName: 'Key__c' };
  const upserted = await conn.bulk2.loadAndWaitForResults({ ...upsert, input: [{ Key__c: '2J-1', Name: 'x' }, { Key__c: '2J-new', Name: 'y' }] });
  assert.deepEqual(upserted.successfulResults.map((row) => row.sf__Created).sort(), ['false', 'true']);
  for (const [operation, row] of [['update', { Id: loaded[5], Text__c: 'z' }], ['delete', { Id: loaded[6] }]]) {
    const done = await conn.bulk2.loadAndWaitForResults({ object: 'Specimen__c', operation, input: [row] });
    assert.equal(done.successfulResults.length, 1);
  }
});
await check('Bulk 2.0: query, and queryAll', async () => {
  const { totalSize } = await conn.query('SELECT count() FROM Contact');
  assert.equal((await collected(await conn.bulk2.query('SELECT Id, Name FROM Contact'))).length, totalSize);
  const soql = `SELECT Id FROM Account WHERE Id = '${gone}'`;
  assert.equal((await collected(await conn.bulk2.query(soql, { scanAll: true }))).length, 1);
});
await check('Bulk 2.0: a job step by step', async () => {
  const job = conn.bulk2.createJob({ object: 'Account', operation: 'insert' });
  await job.open();
  await job.uploadData('Name\nStep two\n');
  await job.close();
  await job.poll(10, 5000);
  assert.equal((await job.check()).numberRecordsProcessed, 1);
  await job.delete();
  await refused(() => job.check(), 'NOT_FOUND');
});
await check('Bulk 2.0: what is wrong is refused', async () => {
  await refused(() => conn.bulk2.query('SELECT Nothing__c FROM Account'), 'Nothing__c');
  await refused(() => conn.bulk2.loadAndWaitForResults({ object: 'Nothing__c', operation: 'insert', input: 'Name\nx\n' }), 'INVALIDENTITY');
});

await check('SOAP: who the user is, the time, the recycle bin', async () => {
  assert.equal((await conn.soap.getUserInfo()).userName, username);
  assert.ok((await conn.soap.getServerTimestamp()).timestamp);
  const [back] = await conn.soap.undelete([gone]);
  assert.equal(back.success, true);
  await conn.sobject('Account').destroy(gone);
  const [emptied] = await conn.soap.emptyRecycleBin([gone]);
  assert.equal(emptied.success, true);
});
await check('SOAP: create, update, upsert, delete', async () => {
  const [created, wrong] = await conn.soap.create([{ type: 'Account', Name: 'Soap' }, { type: 'Account', Phone: '1' }]);
  assert.deepEqual([created.success, wrong.success], [true, false]);
  assert.equal(wrong.errors[0].statusCode, 'REQUIRED_FIELD_MISSING');
  const updated = await conn.soap.update({ type: 'Account', Id: created.id, Name: 'Soap 2' });
  assert.equal(updated.success, true);
  const upserted = await conn.soap.upsert('Key__c', { type: 'Specimen__c', Key__c: 'Soap-1', Name: 'x' });
  assert.equal(upserted.created, true);
  assert.equal((await conn.soap.delete(created.id)).success, true);
});

const content = Buffer.from(Array.from({ length: 100_000 }, (_, at) => at % 256));
await check('files: a version and its bytes', async () => {
  const { id } = await conn.sobject('ContentVersion')
    .create({ Title: 'a', PathOnClient: 'a.bin', VersionData: content.toString('base64') });
  const down = conn.sobject('ContentVersion').record(id).blob('VersionData');
  assert.ok(Buffer.concat(await collected(down)).equals(content));
});
await check('files: an attachment and its bytes', async () => {
  const { id } = await conn.sobject('Attachment').create({ ParentId: account, Name: 'a.bin', Body: content.toString('base64') });
  assert.ok(Buffer.concat(await collected(conn.sobject('Attachment').record(id).blob('Body'))).equals(content));
});

await check('refused: queries and columns', async () => {
  await refused(() => conn.query('SELEKT Id FROM Account'), 'MALFORMED_QUERY');
  await refused(() => conn.query('SELECT Nothing__c FROM Account'), 'INVALID_FIELD', "No such column 'Nothing__c'");
  await refused(() => conn.query('SELECT Id FROM Nothing__c'), 'INVALID_TYPE');
});
await check('refused: rows', async () => {
  await refused(() => conn.sobject('Contact').create({ FirstName: 'x' }), 'REQUIRED_FIELD_MISSING', 'LastName');
  await refused(() => conn.sobject('Contact').create({ LastName: 'x', Nothing__c: 1 }), 'INVALID_FIELD');
  await refused(() => conn.sobject('Account').retrieve('001000000000000AAA'), 'NOT_FOUND');
  await refused(() => conn.sobject('Account').destroy('001000000000000AAA'), 'NOT_FOUND');
  await refused(() => conn.sobject('Nothing__c').describe(), 'NOT_FOUND');
});

process.exit(failed ? 1 : 0);
