#include "kinds.h"

#define ALL_END \
    "'allowDiscussion':null,'contributors':[],'description':'@t'," \
    "'effectiveDate':null,'expirationDate':null,'language':'en'," \
    "'location':'','rights':'','subject':[]"
#define CONTACT_DATA \
    "'BusinessPhone':'+34 93 @n @n','BusinessFax':'','EmailAddress':" \
    "'@u@n@lab.example','PhysicalAddress':{'address':'@n @w','city':'@w'," \
    "'zip':'@n','state':'','district':'','country':'Spain'}," \
    "'PostalAddress':{'address':'','city':'','zip':'','state':''," \
    "'district':'','country':'Spain'},'BillingAddress':{'address':'@n @w'," \
    "'city':'@w','zip':'@n','state':'','district':'','country':'Spain'},"
#define SERVICE_DATA \
    "'AllowManualDetectionLimit':@b,'AllowManualUncertainty':@b," \
    "'AttachmentRequired':false,'BulkPrice':'@p'," \
    "'CommercialID':'','Department':@D,'DetectionLimitSelector':false," \
    "'DuplicateVariation':'10.00','ExponentialFormatPrecision':7," \
    "'InstrumentEntryOfResults':@b,'LowerDetectionLimit':'0'," \
    "'LowerLimitOfQuantification':'0.0','ManualEntryOfResults':true," \
    "'MaxHoldingTime':{},'MaxTimeAllowed':{'hours':2,'minutes':0,'days':5}," \
    "'NumberOfRequiredVerifications':1,'PointOfCapture':'lab'," \
    "'Precision':2,'PrecisionFromUncertainty':false,'Price':'@p'," \
    "'ProtocolID':'','ResultOptions':[],'ResultOptionsSorting':" \
    "'ResultText-asc','ResultOptionsType':'','ResultType':'numeric'," \
    "'ScientificName':false,'SelfVerification':-1,'ShortTitle':'@k'," \
    "'SortKey':null,'StringResult':false,'Uncertainties':[{" \
    "'intercept_min':0,'intercept_max':2,'errorvalue':0.1},{" \
    "'intercept_min':2.01,'intercept_max':@n,'errorvalue':0.2},{" \
    "'intercept_min':'@n','intercept_max':'999','errorvalue':'0.5'}]," \
    "'UnitChoices':[],'UpperDetectionLimit':'1000000000'," \
    "'UpperLimitOfQuantification':'1000000000.0','VAT':'14.00',"

const struct kind_spec kinds[] = {
	[DEPARTMENT] = { "Department", 12, "{'DepartmentID':'@k','Manager':@K,"
	    "'Comments':'@t'," CONTACT_DATA ALL_END "}" },
	[METHOD] = { "Method", 12, "{'MethodID':'@k-@n','Instructions':'@t',"
	    "'Accredited':@b,'Instruments':[@I,@I],'Calculations':[],"
	    "'Supplier':null,'Comments':'@t'," ALL_END "}" },
	[INSTRUMENT] = { "Instrument", 12, "{'AssetNumber':'@n','SerialNo':"
	    "'SN-@n@n','InstrumentType':'@w','Manufacturer':'@w',"
	    "'Methods':[@M,@M],'DataInterfaceOptions':[],'InstallationDate':"
	    "'@d','InlabCalibrationProcedure':'@t'," ALL_END "}" },
	[SAMPLE_TYPE] = { "SampleType", 12, "{'Prefix':'@k','MinimumVolume':"
	    "'@n ml','RetentionPeriod':{'days':30,'hours':0,'minutes':0},"
	    "'Hazardous':@b,'SampleMatrix':null,'SamplePoints':[],"
	    "'Comments':'@t'," ALL_END "}" },
	[SERVICE] = { "AnalysisService", 25, "{'Keyword':'@k','Unit':'mg/l',"
	    "'Methods':[@M,@M],'Instruments':[@I]," SERVICE_DATA
	    "'Accredited':@b,'Comments':'@t'," ALL_END "}" },
	[CLIENT] = { "Client", 38, "{'ClientID':'@k@n','TaxNumber':'B@n@n',"
	    "'BulkDiscount':@b,'MemberDiscountApplies':@b,'DecimalMark':'.',"
	    "'AccountName':'','BankName':'',"
	    CONTACT_DATA "'Comments':'@t'," ALL_END "}" },
	[CONTACT] = { "Contact", 87, "{'Salutation':'','Firstname':'@u',"
	    "'Surname':'@w','JobTitle':'@w','PublicationPreference':"
	    "['email','pdf'],'CCContact':[@K]," CONTACT_DATA ALL_END "}" },
	[REQUEST] = { "AnalysisRequest", 0, "{'Analyses':@A,"
	    "'AnalysisServicesSettings':[],'Attachment':[],'Client':@^,"
	    "'Contact':@K,'CCContact':[@K,@K],'CCEmails':'',"
	    "'ClientOrderNumber':'@n@n','ClientReference':'PO \u2116 @n@n',"
	    "'ClientSampleID':'CS-@n@n','Composite':@b,'Container':'',"
	    "'DatePreserved':null,'DateReceived':'@d','DateSampled':'@d',"
	    "'DetachedFrom':'','EnvironmentalConditions':'@t',"
	    "'InternalUse':@b,'Invalidated':'','Invoice':'',"
	    "'InvoiceExclude':@b,'MemberDiscount':'20.00','NumSamples':1,"
	    "'ParentAnalysisRequest':'','Preservation':'','Preserver':'@u',"
	    "'PrimaryAnalysisRequest':'','Printed':'','Priority':'5',"
	    "'Profiles':[],'PublicationSpecification':'',"
	    "'RejectionReasons':[],'Remarks':[{'user_id':'@u','created':"
	    "'@d','content':'@v'}],'ResultsInterpretation':'<p>@t</p>"
	    "<p>@v</p>','ResultsInterpretationDepts':[{'uid':'general',"
	    "'richtext':'<p>@t @t</p>'}],'ResultsRange':[],"
	    "'RetentionPeriod':{},'SampleCondition':'@w','SampleType':@T,"
	    "'Sampler':'@u','SamplingDate':'@d','SamplingDeviation':'',"
	    "'ScheduledSamplingSampler':'','ServiceConditions':[],"
	    "'Specification':'','StorageLocation':'@w','SubGroup':'',"
	    "'Template':'','_ARAttachment':null," ALL_END "}" },
	[ANALYSIS] = { "Analysis", 0, "{'Accredited':@b,'AnalysisService':@S,"
	    "'Analyst':'@u','Attachment':[],'Category':@D,"
	    "'DetectionLimitOperand':'','Hidden':false,'HiddenManually':true,"
	    "'Instrument':@I,'InterimFields':@i,'Keyword':'@k','Method':@M,"
	    SERVICE_DATA "'Remarks':'@v','Result':'@r',"
	    "'ResultCaptureDate':'@d','ResultsRange':{'keyword':'@k','min':"
	    "'0','max':'@n','warn_min':'','warn_max':'','hidemin':'',"
	    "'hidemax':'','rangecomment':'@w'},'RetestOf':'','Uncertainty':"
	    "'@r','Unit':'mg/l','DueDate':'@d','Conditions':[{'title':'@w',"
	    "'description':'@t','type':'text','value':'@w','required':@b},{"
	    "'title':'@w','description':'@t','type':'number','value':'@n',"
	    "'required':@b}],'Calculation':{'title':'@w','Formula':"
	    "'([@k] - [blank]) * [dilution] / @n','Description':'@t'},"
	    ALL_END "}" },
	[ATTACHMENT] = { "Attachment", 0, "{'AttachmentType':'@w',"
	    "'AttachmentKeys':'@w','Client':@C,'DateLoaded':'@d',"
	    "'LinkedRequests':[@^],'RenderInReport':@b,'ReportOption':'r',"
	    "'Comments':'@v'," ALL_END "}" },
	[REPORT] = { "ARReport", 0, "{'AnalysisRequest':@^,"
	    "'ContainedAnalysisRequests':[@^],'DatePublished':'@d',"
	    "'Recipients':[{'UID':@K,'Username':'@u','Fullname':'@u @w',"
	    "'EmailAddress':'@u@n@lab.example','PublicationModes':["
	    "'email','pdf']},{'UID':@K,'Username':'@u','Fullname':'@u @w',"
	    "'EmailAddress':'@u@n@lab.example','PublicationModes':["
	    "'email','pdf']}],'Metadata':{'template':"
	    "'senaite.impress:Default.pt','paperformat':'A4','orientation':"
	    "'portrait','contained_requests':[@^],'timestamp':'@d'},"
	    "'SendLog':[{'actor':'@u','email_subject':'@w','email_body':"
	    "'@t @t @t','email_send_date':'@d'}]," ALL_END "}" },
	[WORKSHEET] = { "Worksheet", 0, "{'Analyst':'@u','Instrument':@I,"
	    "'Method':@M,'Layout':@R,'ResultsLayout':'1','Remarks':'@v',"
	    "'WorksheetTemplate':''," ALL_END "}" },
	[BATCH] = { "Batch", 0, "{'BatchID':'B-@n@n','BatchDate':'@d',"
	    "'Client':@C,'ClientBatchID':'@n@n','BatchLabels':[],'Remarks':"
	    "'@v','InheritedObjects':@R,'Comments':'@t'," ALL_END "}" },
};
