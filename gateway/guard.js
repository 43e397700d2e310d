// Stargate's guard: what is not on the list is refused. A CloudFront Function (cloudfront-js-2.0) on every behaviour's
// viewer request; rendered from gateway/routes.py.
var SUSPICIOUS = new RegExp(__SUSPICIOUS__);
var LONGEST_PATH = __LONGEST_PATH__;
var EXACT = __EXACT__;
var PATTERNS = __PATTERNS__;
var REFUSAL = __REFUSAL__;

function methodsOf(path) {
    if (Object.prototype.hasOwnProperty.call(EXACT, path)) {
        return EXACT[path];
    }
    for (var i = 0; i < PATTERNS.length; i++) {
        if (new RegExp(PATTERNS[i][0]).test(path)) {
            return PATTERNS[i][1];
        }
    }
    return [];
}

function handler(event) {
    var request = event.request;
    var path = request.uri;
    // The path may come raw or normalised; whatever could be read in two ways passes neither way.
    var plain = path.length <= LONGEST_PATH && !SUSPICIOUS.test(path);
    if (plain && methodsOf(path).indexOf(request.method) !== -1) {
        return request;
    }
    return {
        statusCode: 403,
        statusDescription: 'Forbidden',
        headers: {
            'content-type': { value: 'application/json' },
            'cache-control': { value: 'no-store' }
        },
        body: { encoding: 'text', data: REFUSAL }
    };
}
