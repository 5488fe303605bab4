-- The store of one device with a record of every kind, as the first version wrote it.
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE records (
        kind TEXT NOT NULL, key TEXT NOT NULL, document TEXT NOT NULL, sum INTEGER NOT NULL,
        PRIMARY KEY (kind, key)
    );
INSERT INTO "records" VALUES('counter','device','{"next":2}',966717357);
INSERT INTO "records" VALUES('counter','program','{"next":4}',2628089387);
INSERT INTO "records" VALUES('counter','mirror','{"next":1}',2515219473);
INSERT INTO "records" VALUES('counter','reservation','{"next":2}',4088608816);
INSERT INTO "records" VALUES('counter','subscription','{"next":1}',93680651);
INSERT INTO "records" VALUES('fsa','default','{"name":"default","number":0,"mRID":"0813a685ac6e3d43f63f372000000000"}',866776554);
INSERT INTO "records" VALUES('fsa','nameA1','{"name":"nameA1","number":1,"mRID":"9d810a07affb78eab4a46dae00000000"}',1449971325);
INSERT INTO "records" VALUES('fsa','nameA2','{"name":"nameA2","number":2,"mRID":"6f01c7e67cdf31574aaec84100000000"}',2450057909);
INSERT INTO "records" VALUES('rates','','{"poll":{"Time":77},"configured":{},"configured_post":300}',3969340399);
INSERT INTO "records" VALUES('access','AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA','{"granted":false}',957132968);
INSERT INTO "records" VALUES('registry','be6745b98fbf6087323baaf152006a07','{"rows":[{"Volttron Point Name":"soc","Resource":"DERStatus","Field":"stateOfChargeStatus.value","Units":"%","Writable":"FALSE"}]}',1052356617);
INSERT INTO "records" VALUES('registry','e811fe09a72b43701897a19dfe5ae0cc','{"rows":[{"Volttron Point Name":"kept","Resource":"DERStatus","Field":"readingTime","Units":"","Writable":"FALSE"}]}',1057679265);
INSERT INTO "records" VALUES('kept_registry','167261211391','{"registry":"e811fe09a72b43701897a19dfe5ae0cc"}',1291760351);
INSERT INTO "records" VALUES('program','0','{"description":"Set points 097935300833","primacy":1,"origin":"own","version":0,"last_created":-1,"next_control":1,"next_curve":1,"mRID":"f44fde0750e117df0aa0cf0800000000","assignment":{"devices":["097935300833"]},"default":{"mRID":"04eb11059ed18521f8bc730600000000","version":0,"DERControlBase":{}},"next_response":0,"closed":null}',3344040886);
INSERT INTO "records" VALUES('program','1','{"description":"","primacy":3,"origin":"rpc","version":0,"last_created":1780000000,"next_control":2,"next_curve":2,"mRID":"000000000000000000000000000000a1","assignment":{"devices":["097935300833"],"fsa":"nameA1"},"default":{"mRID":"e2ac30c1db88793cdf88e6d100000000","version":0,"DERControlBase":{}},"next_response":1,"closed":null}',2188379671);
INSERT INTO "records" VALUES('program','2','{"description":"","primacy":7,"origin":"rpc","version":0,"last_created":1780000000,"next_control":2,"next_curve":1,"mRID":"000000000000000000000000000000a2","assignment":{"devices":["097935300833"],"fsa":"nameA2"},"default":{"mRID":"b762958a34c1fe06bfe107ee00000000","version":0,"DERControlBase":{}},"next_response":0,"closed":null}',4161952036);
INSERT INTO "records" VALUES('curve','1/1','{"mRID":"c1","creationTime":1780000000,"CurveData":[{"xvalue":1,"yvalue":2}],"curveType":11,"xMultiplier":0,"yMultiplier":0,"yRefType":3}',3447502320);
INSERT INTO "records" VALUES('device','097935300833','{"number":0,"origin":"rpc","registered_at":1780000000,"changed_time":1780000000,"program":0,"post_rate":55,"post_rate_ruled":true,"registry":"be6745b98fbf6087323baaf152006a07","staged":{},"controls":{},"registration":{"sfdi":"097935300833","lfdi":"247BD68E3378FE57BA604E3C8BDF9E3F78A3D743"},"log_total":1,"commits":{},"switched":{}}',2148839015);
INSERT INTO "records" VALUES('contact','097935300833','{"last_contact":1780000000,"edition":"E2018"}',2051069208);
INSERT INTO "records" VALUES('resource','097935300833/DERStatus/1','{"class":"DERStatus","fields":{"href":"/dcap/edev/0/der/1/ders","inverterStatus":{"dateTime":1,"value":4},"readingTime":1780000000,"stateOfChargeStatus":{"dateTime":1,"value":9300}}}',1139929743);
INSERT INTO "records" VALUES('resource','097935300833/DERCapability/1','{"class":"DERCapability","fields":{"href":"/dcap/edev/0/der/1/dercap","modesSupported":"100084","rtgMaxChargeRateW":{"multiplier":3,"value":5},"rtgMaxDischargeRateW":{"multiplier":3,"value":6},"rtgMaxW":{"multiplier":4,"value":1},"type":80}}',1677281185);
INSERT INTO "records" VALUES('resource','097935300833/LogEvent/1','{"class":"LogEvent","fields":{"createdDateTime":1780000000,"functionSet":11,"logEventCode":0,"logEventID":1,"logEventPEN":40732,"profileID":2}}',2117910357);
INSERT INTO "records" VALUES('times','097935300833','{"received":[[1780000000,["soc"]]]}',2306961154);
INSERT INTO "records" VALUES('log_event','097935300833/0','{"received":1780000000,"event":{"createdDateTime":1780000000,"functionSet":11,"logEventCode":0,"logEventID":1,"logEventPEN":40732,"profileID":2}}',4130089194);
INSERT INTO "records" VALUES('event','0/156988CB98B971183FC564A900000000','{"mRID":"156988cb98b971183fc564a900000000","answer":"FlowReservationResponseResponse","left":null,"class":"Grant","event":{"number":1,"mrid":"156988cb98b971183fc564a900000000","creation_time":1780000000,"start":1780003600,"duration":600,"status":0,"status_time":1780000000,"sfdi":"097935300833","subject":"f1","energy":{"multiplier":0,"value":1000},"power":{"multiplier":0,"value":500}}}',2401974974);
INSERT INTO "records" VALUES('event','2/000000000000000000000000000000B1','{"mRID":"000000000000000000000000000000b1","answer":"DERControlResponse","left":null,"class":"Control","event":{"number":1,"mrid":"000000000000000000000000000000b1","creation_time":1780000000,"start":1780000000,"duration":600,"status":1,"status_time":1780000000,"description":"","base":{"opModMaxLimW":5000}}}',2068450584);
INSERT INTO "records" VALUES('event','1/000000000000000000000000000000B2','{"mRID":"000000000000000000000000000000b2","answer":"DERControlResponse","left":null,"class":"Control","event":{"number":1,"mrid":"000000000000000000000000000000b2","creation_time":1780000000,"start":1780000000,"duration":600,"status":1,"status_time":1780000000,"description":"","base":{"opModMaxLimW":4000}}}',4283271631);
INSERT INTO "records" VALUES('standing','097935300833','{"lost":{"000000000000000000000000000000B1":["opModMaxLimW"]}}',2033415775);
INSERT INTO "records" VALUES('reservation','0','{"sfdi":"097935300833","mRID":"f1","start":1780003600,"duration":7200,"request":{"mRID":"f1","creationTime":1780000000,"durationRequested":5143,"energyRequested":{"multiplier":3,"value":10},"intervalRequested":{"duration":7200,"start":1780003600},"powerRequested":{"multiplier":3,"value":7},"RequestStatus":{"dateTime":1780000000,"requestStatus":0}},"grant":1}',3794872634);
INSERT INTO "records" VALUES('response','1/0','{"sfdi":"097935300833","received":1780000000,"code":1,"subject":"000000000000000000000000000000B2","class":"DERControlResponse","fields":{"createdDateTime":1780000000,"endDeviceLFDI":"247bd68e3378fe57ba604e3c8bdf9e3f78a3d743","status":1,"subject":"b2"}}',3018084354);
INSERT INTO "records" VALUES('mirror','0','{"sfdi":"097935300833","usage_point":{"mRID":"aa","roleFlags":"49","serviceCategoryKind":0,"status":1,"deviceLFDI":"247bd68e3378fe57ba604e3c8bdf9e3f78a3d743"},"post_rate":55,"claimed":["ab"]}',3128029894);
INSERT INTO "records" VALUES('reading_set','0/0/0','{"number":0,"header":{"mRID":"ac","timePeriod":{"duration":900,"start":1000}},"intervals":[{"number":0,"reading":{"timePeriod":{"duration":300,"start":1000},"value":5},"received":1780000000}],"next_interval":1}',4091881510);
INSERT INTO "records" VALUES('meter_reading','0/0','{"name":"000000000000000000000000000000AB","reading":{"number":0,"latest":{"mRID":"ab","Reading":{"value":5},"ReadingType":{"powerOfTenMultiplier":0,"uom":38}},"last":{"value":5,"time":1780000000,"received":1780000000},"next_set":1}}',1189157355);
INSERT INTO "records" VALUES('subscription','0','{"sfdi":"097935300833","edev":0,"anonymous":true,"resource":"FunctionSetAssignmentsList","params":{"edev":0},"path":"/dcap/edev/0/fsa","subscribed_resource":"/dcap/edev/0/fsa","notification_uri":"http://127.0.0.1:9/1","level":"+S1","limit":255,"number":0,"renewed":1780000000}',1634848629);
COMMIT;
