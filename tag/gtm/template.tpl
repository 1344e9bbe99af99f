___INFO___

{
  "type": "TAG",
  "id": "cvt_temp_public_id",
  "version": 1,
  "securityGroups": [],
  "displayName": "Runnel",
  "brand": {
    "id": "brand_runnel",
    "displayName": "Runnel"
  },
  "description": "Reports page views, conversions and custom events to a Runnel tracker, with its universal tag.",
  "containerContexts": [
    "WEB"
  ],
  "categories": [
    "CONVERSIONS",
    "ATTRIBUTION",
    "AFFILIATE_MARKETING"
  ]
}


___TEMPLATE_PARAMETERS___

[
  {
    "type": "TEXT",
    "name": "domain",
    "displayName": "Tracking domain",
    "help": "Without https://, for example go.example.com",
    "simpleValueType": true,
    "valueValidators": [
      {
        "type": "NON_EMPTY"
      },
      {
        "type": "REGEX",
        "args": [
          "^[A-Za-z0-9.-]+(:[0-9]+)?$"
        ],
        "errorMessage": "A host name, without https:// and without a path"
      }
    ]
  },
  {
    "type": "SELECT",
    "name": "report",
    "displayName": "What to report",
    "selectItems": [
      {
        "value": "view",
        "displayValue": "Page view"
      },
      {
        "value": "conversion",
        "displayValue": "Conversion"
      },
      {
        "value": "event",
        "displayValue": "Custom event"
      }
    ],
    "simpleValueType": true,
    "defaultValue": "view"
  },
  {
    "type": "TEXT",
    "name": "name",
    "displayName": "Event name",
    "simpleValueType": true,
    "enablingConditions": [
      {
        "paramName": "report",
        "paramValue": "event",
        "type": "EQUALS"
      }
    ],
    "valueValidators": [
      {
        "type": "NON_EMPTY"
      }
    ]
  },
  {
    "type": "GROUP",
    "name": "worth",
    "displayName": "What it is worth",
    "groupStyle": "ZIPPY_OPEN",
    "enablingConditions": [
      {
        "paramName": "report",
        "paramValue": "view",
        "type": "NOT_EQUALS"
      }
    ],
    "subParams": [
      {
        "type": "TEXT",
        "name": "rev",
        "displayName": "Revenue",
        "help": "Empty for the offer's payout",
        "simpleValueType": true
      },
      {
        "type": "TEXT",
        "name": "tx",
        "displayName": "Transaction ID",
        "help": "The number of the order: the same number is booked once",
        "simpleValueType": true
      },
      {
        "type": "TEXT",
        "name": "currency",
        "displayName": "Currency",
        "help": "Empty for the offer's",
        "simpleValueType": true
      },
      {
        "type": "TEXT",
        "name": "status",
        "displayName": "Status",
        "help": "Empty for a normal conversion",
        "simpleValueType": true
      }
    ]
  },
  {
    "type": "GROUP",
    "name": "place",
    "displayName": "Where this page is in the funnel",
    "groupStyle": "ZIPPY_CLOSED",
    "subParams": [
      {
        "type": "TEXT",
        "name": "f",
        "displayName": "Funnel ID",
        "simpleValueType": true
      },
      {
        "type": "TEXT",
        "name": "ts",
        "displayName": "Traffic source ID",
        "simpleValueType": true
      },
      {
        "type": "TEXT",
        "name": "n",
        "displayName": "Node ID",
        "simpleValueType": true
      },
      {
        "type": "TEXT",
        "name": "p",
        "displayName": "Lander or offer ID",
        "simpleValueType": true
      }
    ]
  },
  {
    "type": "CHECKBOX",
    "name": "requireConsent",
    "checkboxText": "Wait for flux.consent(true) before anything is stored or sent",
    "simpleValueType": true
  }
]


___SANDBOXED_JS_FOR_WEB_TEMPLATE___

const createQueue = require('createQueue');
const encodeUriComponent = require('encodeUriComponent');
const injectScript = require('injectScript');
const makeString = require('makeString');
const queryPermission = require('queryPermission');
const setInWindow = require('setInWindow');

// The fields that were filled in, under their own names.
const given = (names) => {
  const found = {};
  names.forEach((name) => {
    const value = data[name];
    if (value !== undefined && value !== null && value !== '') {
      found[name] = makeString(value);
    }
  });
  return found;
};

// A tag manager sets no attributes on a script; the tag reads its own address as well.
const place = given(['f', 'ts', 'n', 'p']);
const query = [];
['f', 'ts', 'n', 'p'].forEach((name) => {
  if (place[name]) {
    query.push(name + '=' + encodeUriComponent(place[name]));
  }
});
if (data.requireConsent) {
  query.push('consent=required');
}
const address = 'https://' + data.domain + '/js/flux.js' + (query.length ? '?' + query.join('&') : '');

// The queue may be there already: from another tag, or from a snippet on the page.
setInWindow('flux', {q: []}, false);
const push = createQueue('flux.q');
if (data.report === 'conversion') {
  push(['track', 'conversion', given(['rev', 'tx', 'currency', 'status', 'p'])]);
} else if (data.report === 'event') {
  push(['track', 'event', given(['name', 'rev', 'tx', 'p'])]);
}

if (queryPermission('inject_script', address)) {
  injectScript(address, data.gtmOnSuccess, data.gtmOnFailure, address);
} else {
  data.gtmOnFailure();
}


___WEB_PERMISSIONS___

[
  {
    "instance": {
      "key": {
        "publicId": "access_globals",
        "versionId": "1"
      },
      "param": [
        {
          "key": "keys",
          "value": {
            "type": 2,
            "listItem": [
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "key"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  },
                  {
                    "type": 1,
                    "string": "execute"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "flux"
                  },
                  {
                    "type": 8,
                    "boolean": true
                  },
                  {
                    "type": 8,
                    "boolean": true
                  },
                  {
                    "type": 8,
                    "boolean": false
                  }
                ]
              },
              {
                "type": 3,
                "mapKey": [
                  {
                    "type": 1,
                    "string": "key"
                  },
                  {
                    "type": 1,
                    "string": "read"
                  },
                  {
                    "type": 1,
                    "string": "write"
                  },
                  {
                    "type": 1,
                    "string": "execute"
                  }
                ],
                "mapValue": [
                  {
                    "type": 1,
                    "string": "flux.q"
                  },
                  {
                    "type": 8,
                    "boolean": true
                  },
                  {
                    "type": 8,
                    "boolean": true
                  },
                  {
                    "type": 8,
                    "boolean": false
                  }
                ]
              }
            ]
          }
        }
      ]
    },
    "clientAnnotations": {
      "isEditedByUser": true
    },
    "isRequired": true
  },
  {
    "instance": {
      "key": {
        "publicId": "inject_script",
        "versionId": "1"
      },
      "param": [
        {
          "key": "urls",
          "value": {
            "type": 2,
            "listItem": [
              {
                "type": 1,
                "string": "https://*/js/flux.js"
              },
              {
                "type": 1,
                "string": "https://*/js/flux.js?*"
              }
            ]
          }
        }
      ]
    },
    "clientAnnotations": {
      "isEditedByUser": true
    },
    "isRequired": true
  }
]


___TESTS___

scenarios:
- name: A page view loads the tag with the place of the page
  code: |-
    runCode({domain: 'go.example.com', report: 'view', f: 'funnel000001', n: 'node00000001'});
    assertApi('injectScript').wasCalled();
- name: A conversion is queued
  code: |-
    runCode({domain: 'go.example.com', report: 'conversion', rev: '12.50', tx: 'A-1'});
    assertApi('createQueue').wasCalledWith('flux.q');
    assertApi('injectScript').wasCalled();


___NOTES___

The pages' own site must be registered with the tracker (as a domain, or as a lander's or offer's page).
