"""What SENAITE 2.6 knows of its types: fields, folders, catalogs, workflows.

A field is written NAME:KIND, with `!` if it is required and `=JSON` for a
default that is not the kind's own.  Kinds, and what senaite.jsonapi shows of
them (an Archetypes field is meant unless DX is said):

  s t l  text, rich text, lines            the value; empty shows null
  b i f  true/false, integer, float        the value; false and 0 show null
  x      fixed point, kept as text         the text, so "0.00" stays
  d      date                              whole seconds, the stored offset
  D      duration {days, hours, minutes}   the same; {} shows null
  r rs   record, records                   the same; empty shows null
  K      remarks, newest first             the same
  R M    one reference, several            {uid,url,api_url}; empty shows {}
  O      reference of the old kind         the same, but empty shows null
  U      reference of LabContact           the bare UID
  B      file                              {content_type,filename,download}
 DX only:
  R      one reference                     {uid,url,api_url} or null
  M      several references                always null
  td x   time delta, decimal               always null
  g      rows                              the same
  p      latitude and longitude            the same
  h      text                              not shown at all
"""

import json

DEFAULTS = {
    "s": "", "t": "", "l": [], "b": False, "i": None, "f": None, "x": "0.00",
    "d": None, "D": {}, "r": {}, "rs": [], "K": [], "R": "", "M": [],
    "O": None, "U": "", "h": None, "B": None, "td": None, "g": [], "p": None,
}

# Every Archetypes type has these; a folder has the second line as well.
AT_BASE = ("description:s effectiveDate:d expirationDate:d language:s=\"en\" "
           "location:s rights:s subject:l contributors:l "
           "allowDiscussion:b=null")
AT_FOLDER = "excludeFromNav:b relatedItems:l"

ADDRESS = "PhysicalAddress:r PostalAddress:r"
PERSON = ("Salutation:s Firstname:s! Middleinitial:s Middlename:s Surname:s! "
          "Username:s EmailAddress:s BusinessPhone:s BusinessFax:s "
          "HomePhone:s MobilePhone:s JobTitle:s " + ADDRESS)
BANK = ("AccountName:s AccountNumber:s AccountType:s BankBranch:s BankName:s "
        "TaxNumber:s Phone:s Fax:s EmailAddress:s BillingAddress:r "
        + ADDRESS)
# What a service and an analysis have in common.
TEST = ("Accredited:b AllowManualDetectionLimit:b AllowManualUncertainty:b "
        "AttachmentRequired:b BulkPrice:x Category:R CommercialID:s "
        "Department:R DetectionLimitSelector:b DuplicateVariation:x "
        "ExponentialFormatPrecision:i=7 Hidden:b Instrument:R "
        "InstrumentEntryOfResults:b InterimFields:rs Keyword:s! "
        "LowerDetectionLimit:s=\"0\" LowerLimitOfQuantification:s=\"0.0\" "
        "ManualEntryOfResults:b=true MaxHoldingTime:D MaxTimeAllowed:D "
        "Method:R NumberOfRequiredVerifications:i=1 "
        "PointOfCapture:s=\"lab\" Precision:i=2 PrecisionFromUncertainty:b "
        "Price:x ProtocolID:s Remarks:s ResultOptions:rs "
        "ResultOptionsSorting:s=\"ResultText-asc\" ResultOptionsType:s "
        "ResultType:s=\"numeric\" ScientificName:b SelfVerification:i=-1 "
        "ShortTitle:s SortKey:f StringResult:b Uncertainties:rs Unit:s "
        "UnitChoices:rs UpperDetectionLimit:s=\"1000000000\" "
        "UpperLimitOfQuantification:s=\"1000000000.0\" VAT:x")
RESULT = ("AnalysisService:R Analyst:s Attachment:M Calculation:O "
          "DetectionLimitOperand:s Result:s ResultCaptureDate:d "
          "ResultsRange:r RetestOf:R Uncertainty:s")
TASK = "Considerations:s DownFrom:d DownTo:d Remarks:s WorkPerformed:s"

# TYPE: (framework, fields, folderish, catalog, workflow)
_TYPES = """
Client|AT|Name:s! ClientID:s! BulkDiscount:b CCEmails:s DecimalMark:s="." \
DefaultCategories:M DefaultDecimalMark:b=true MemberDiscountApplies:b \
RestrictedCategories:M {BANK}|folder|client|client
Contact|AT|{PERSON} Department:s CCContact:M||contact|clientcontact
LabContact|AT|{PERSON} DefaultDepartment:R Department:U Departments:M \
Signature:B||contact|labcontact
SupplierContact|AT|{PERSON} Department:s||contact|deactivable_type
AnalysisRequest|AT|AnalysisServicesSettings:rs Attachment:M Batch:R \
CCContact:M CCEmails:s Client:R ClientOrderNumber:s ClientReference:s \
ClientSampleID:s Composite:b Contact:R! Container:R DatePreserved:d \
DateReceived:d DateSampled:d DetachedFrom:R EnvironmentalConditions:s \
InternalUse:b Invalidated:R Invoice:R InvoiceExclude:b MemberDiscount:x \
NumSamples:i=1 ParentAnalysisRequest:R Preservation:R Preserver:s \
PrimaryAnalysisRequest:R Printed:s Priority:s="3" Profiles:M \
PublicationSpecification:R RejectionReasons:rs Remarks:K \
ResultsInterpretation:s ResultsInterpretationDepts:rs ResultsRange:rs \
RetentionPeriod:D SampleCondition:R SamplePoint:R SampleType:R! Sampler:s \
SamplingDate:d SamplingDeviation:R ScheduledSamplingSampler:s \
ServiceConditions:rs Specification:R StorageLocation:R SubGroup:R \
Template:R _ARAttachment:B||sample|sample
Analysis|AT|{TEST} {RESULT} HiddenManually:b||analysis|analysis
DuplicateAnalysis|AT|{TEST} {RESULT} HiddenManually:b Analysis:R \
ReferenceAnalysesGroupID:s||analysis|duplicateanalysis
ReferenceAnalysis|AT|{TEST} {RESULT} ReferenceAnalysesGroupID:s \
ReferenceType:s RetractedAnalysesPdfReport:B||analysis|referenceanalysis
AnalysisService|AT|{TEST} Calculation:R Conditions:rs Container:R \
DefaultResult:s Instruments:M Methods:M PartitionSetup:rs Preservation:R \
Separate:b UseDefaultCalculation:b=true||setup|deactivable_type
Worksheet|AT|Analyses:M Analyst:s Instrument:R Layout:rs Method:R Remarks:K \
ResultsLayout:s="analyses_classic_view" WorksheetTemplate:R||worksheet|\
worksheet
Batch|AT|BatchDate:d BatchID:s BatchLabels:l Client:R ClientBatchID:s \
Remarks:K|folder||batch
Attachment|AT|AttachmentFile:B AttachmentKeys:s AttachmentType:R \
DateLoaded:d RenderInReport:b=true|||one_state
ARReport|AT|AnalysisRequest:R ContainedAnalysisRequests:M DatePrinted:d \
Html:t Metadata:r Pdf:B Recipients:rs SendLog:rs||report|one_state
Method|AT|Accredited:b=true Calculation:R Calculations:M Instructions:t \
Instruments:M ManualEntryOfResults:b=true MethodDocument:B MethodID:s||\
setup|deactivable_type
Instrument|AT|AssetNumber:s DataInterface:s DataInterfaceOptions:rs \
DisposeUntilNextCalibrationTest:b ImportDataInterface:l \
InlabCalibrationProcedure:t InstallationCertificate:B InstallationDate:d \
InstrumentLocation:R InstrumentType:R! Manufacturer:R! Method:R Methods:M \
Model:s Photo:B PreventiveMaintenanceProcedure:t ResultFilesFolder:rs \
SerialNo:s Supplier:R!|folder|setup|deactivable_type
InstrumentCertification|AT|Agency:s Date:d Document:B ExpirationInterval:s \
Instrument:R Internal:b Preparator:R Remarks:s TaskID:s ValidFrom:d \
ValidTo:d Validator:R||setup|one_state
InstrumentCalibration|AT|{TASK} Instrument:R Calibrator:s DateIssued:d \
ReportID:s Worker:R||setup|one_state
InstrumentValidation|AT|{TASK} DateIssued:d ReportID:s Validator:s Worker:R\
||setup|one_state
InstrumentMaintenanceTask|AT|{TASK} Instrument:R Closed:b Cost:x \
Maintainer:s Type:s||setup|cancellable_type
Multifile|AT|DocumentID:s DocumentLocation:s DocumentType:s \
DocumentVersion:s File:B||setup|one_state
Calculation|AT|DependentServices:M Formula:s InterimFields:rs \
PythonImports:rs TestParameters:rs TestResult:s||setup|deactivable_type
AnalysisSpec|AT|DynamicAnalysisSpec:R ResultsRange:rs SampleType:R!||setup|\
deactivable_type
ReferenceDefinition|AT|Blank:b Hazardous:b ReferenceResults:rs||setup|\
deactivable_type
ReferenceSample|AT|Blank:b CatalogueNumber:s DateDisposed:d DateExpired:d \
DateOpened:d DateReceived:d DateSampled:d ExpiryDate:d Hazardous:b \
LotNumber:s Manufacturer:R ReferenceDefinition:R ReferenceResults:rs \
Remarks:s|||referencesample
Laboratory|AT|Name:s {BANK} Accreditation:s AccreditationBody:s \
AccreditationBodyLogo:B AccreditationBodyURL:s AccreditationPageHeader:s \
AccreditationReference:s Confidence:i LabURL:s LaboratoryAccredited:b \
Supervisor:R|folder|setup|laboratory
BikaSetup|AT|MemberDiscount:x="0.00" VAT:x="19.00" Currency:s="EUR" \
DefaultCountry:s AutoVerifySamples:b=true SelfVerificationEnabled:b \
NumberOfRequiredVerifications:i=1 SamplingWorkflowEnabled:b IDFormatting:rs \
Workdays:l RejectionReasons:rs DefaultSampleLifetime:D ShowPrices:b=true|\
folder|portal_catalog|setup
Department|DX|title:! department_id:s! manager:R!||setup|deactivable_type
AnalysisCategory|DX|title:! comments:t department:R! sort_key:f||setup|\
deactivable_type
AnalysisProfile|DX|title:! analysis_profile_price:f=0.0 \
analysis_profile_vat:f=0.0 commercial_id:s profile_key:s sample_types:M \
services:g use_analysis_profile_price:b||setup|deactivable_type
SampleType|DX|title:! admitted_sticker_templates:g container_type:R \
hazardous:b min_volume:s! prefix:s! retention_period:td sample_matrix:R||\
setup|deactivable_type
SamplePoint|DX|title:! attachment_file:B composite:b elevation:s location:p \
sample_types:M sampling_frequency:td||setup|deactivable_type
SampleTemplate|DX|title:! auto_partition:b composite:b partitions:g \
samplepoint:R sampletype:R sampling_required:b services:g||setup|\
deactivable_type
WorksheetTemplate|DX|title:! instrument:R num_of_positions:i=0 \
restrict_to_method:R services:g template_layout:g||setup|deactivable_type
LabProduct|DX|title:! labproduct_price:x="0.00" labproduct_unit:s \
labproduct_vat:x="0.00" labproduct_volume:s||setup|deactivable_type
StorageLocation|DX|title:! location_code:s location_description:s \
location_title:s location_type:s shelf_code:s shelf_description:s \
shelf_title:s site_code:s site_description:s site_title:s||setup|\
deactivable_type
SamplePreservation|DX|title:! category:s="lab"||setup|deactivable_type
Supplier|DX|title:! account_name:h account_number:h account_type:h address:h \
bank_branch:h bank_name:h email:h fax:h iban:s=null lab_account_number:s=null \
nib:s=null phone:h remarks:s=null swift_code:s=null tax_number:h \
website:s=null|folder|setup|\
deactivable_type
Setup|DX|allow_manual_result_capture_date:b \
always_cc_responsibles_in_report_emails:b=true \
date_sampled_required:b=true enable_global_auditlog:b \
email_body_sample_publication:t max_number_of_samples_add:i=10||\
|one_state
"""
_PLAIN_DX = ("AttachmentType BatchLabel ContainerType DynamicAnalysisSpec "
             "InstrumentLocation InstrumentType InterpretationTemplate Label "
             "Manufacturer SampleCondition SampleContainer SampleMatrix "
             "SamplingDeviation SubGroup")


class Field:
    """One field of a type."""

    def __init__(self, text):
        name, _, rest = text.partition(":")
        kind, eq, default = rest.partition("=")
        self.name = name
        self.required = kind.endswith("!")
        self.kind = kind.rstrip("!")
        self.default = (json.loads(default) if eq
                        else DEFAULTS.get(self.kind))

    @property
    def is_reference(self):
        return self.kind in ("R", "M", "O", "U")


class Type:
    """One portal type."""

    def __init__(self, name, framework, fields, folderish, catalog, workflow):
        self.name = name
        self.dx = framework == "DX"
        self.folderish = folderish
        self.catalog = catalog
        self.workflow = workflow
        self.fields = {}
        base = "description:s" if self.dx else AT_BASE
        if folderish and not self.dx:
            base += " " + AT_FOLDER
        for text in (fields + " " + base).split():
            field = Field(text)
            self.fields.setdefault(field.name, field)
        # The title is no field here: every object has one.
        self.fields.pop("title", None)

    def default_fields(self):
        return {f.name: json.loads(json.dumps(f.default))
                for f in self.fields.values() if f.kind != "B"}


# Site folders: path, type, title, what may be added.  They exist in every
# SENAITE from the beginning, with another UID in each.
FOLDERS = """
/clients|ClientFolder|Clients|Client
/batches|BatchFolder|Batches|Batch
/worksheets|WorksheetFolder|Worksheets|Worksheet
/methods|Methods|Methods|Method
/referencesamples|ReferenceSamplesFolder|Reference Samples|
/pricelists|PricelistFolder|Pricelists|
/samples|Samples|Samples|
/bika_setup|BikaSetup|Setup|
/bika_setup/auditlog|AuditLog|Audit Log|
/bika_setup/bika_analysisservices|AnalysisServices|Analysis Services|\
AnalysisService
/bika_setup/bika_analysisspecs|AnalysisSpecs|Analysis Specifications|\
AnalysisSpec
/bika_setup/bika_calculations|Calculations|Calculations|Calculation
/bika_setup/bika_instruments|Instruments|Instruments|Instrument
/bika_setup/bika_labcontacts|LabContacts|Lab Contacts|LabContact
/bika_setup/bika_referencedefinitions|ReferenceDefinitions|Reference \
Definitions|ReferenceDefinition
/bika_setup/laboratory|Laboratory|Laboratory|
/setup|Setup|setup|
/setup/analysiscategories|AnalysisCategories|Analysis Categories|\
AnalysisCategory
/setup/analysisprofiles|AnalysisProfiles|Analysis Profiles|AnalysisProfile
/setup/attachmenttypes|AttachmentTypes|Attachment Types|AttachmentType
/setup/batchlabels|BatchLabels|Batch Labels|BatchLabel
/setup/containertypes|ContainerTypes|Container Types|ContainerType
/setup/departments|Departments|Lab Departments|Department
/setup/dynamicanalysisspecs|DynamicAnalysisSpecs|Dynamic Analysis \
Specifications|DynamicAnalysisSpec
/setup/instrumentlocations|InstrumentLocations|Instrument Locations|\
InstrumentLocation
/setup/instrumenttypes|InstrumentTypes|Instrument Types|InstrumentType
/setup/interpretationtemplates|InterpretationTemplates|Interpretation \
Templates|InterpretationTemplate
/setup/labels|Labels|Labels|Label
/setup/labproducts|LabProducts|Lab Products|LabProduct
/setup/manufacturers|Manufacturers|Manufacturers|Manufacturer
/setup/sampleconditions|SampleConditions|Sample Conditions|SampleCondition
/setup/samplecontainers|SampleContainers|Sample Containers|SampleContainer
/setup/samplematrices|SampleMatrices|Sample Matrices|SampleMatrix
/setup/samplepoints|SamplePoints|Sample Points|SamplePoint
/setup/samplepreservations|SamplePreservations|Sample Preservations|\
SamplePreservation
/setup/sampletemplates|SampleTemplates|Sample Templates|SampleTemplate
/setup/sampletypes|SampleTypes|Sample Types|SampleType
/setup/samplingdeviations|SamplingDeviations|Sampling Deviations|\
SamplingDeviation
/setup/storagelocations|StorageLocations|Storage Locations|StorageLocation
/setup/subgroups|SubGroups|Sub-groups|SubGroup
/setup/suppliers|Suppliers|Suppliers|Supplier
/setup/worksheettemplates|WorksheetTemplates|Worksheet Templates|\
WorksheetTemplate
"""
_AT_FOLDERS = {
    "ClientFolder": "clients", "BatchFolder": "batches",
    "WorksheetFolder": "worksheets", "Methods": "setup",
    "ReferenceSamplesFolder": "referencesamples",
    "PricelistFolder": "one_state",
    "AuditLog": "one_state", "AnalysisServices": "one_state",
    "AnalysisSpecs": "one_state", "Calculations": "one_state",
    "Instruments": "instruments", "LabContacts": "one_state",
    "ReferenceDefinitions": "one_state",
}

# What may be added below an object that is no site folder.
CHILDREN = {
    "Client": ["Folder", "AnalysisProfile", "SamplePoint", "SampleTemplate",
               "AnalysisRequest", "AnalysisSpec", "Attachment", "Batch",
               "Contact", "Invoice"],
    "AnalysisRequest": ["Analysis", "ARReport"],
    "Worksheet": ["DuplicateAnalysis", "Attachment"],
    "Supplier": ["ReferenceSample", "SupplierContact"],
    "ReferenceSample": ["ReferenceAnalysis"],
    "Instrument": ["InstrumentCertification", "InstrumentCalibration",
                   "InstrumentValidation", "InstrumentMaintenanceTask",
                   "Multifile"],
}

# Types that plone.restapi cannot serialise.
NO_CONVERTER = {
    "AnalysisRequest", "Analysis", "DuplicateAnalysis", "ReferenceAnalysis",
    "AnalysisService", "AnalysisSpec", "Attachment", "Worksheet", "ARReport",
    "Instrument", "Calculation"}

ID_FORMATS = {
    "Batch": ("B-%03d", "batch-B"),
    "DuplicateAnalysis": ("D-%03d", "duplicateanalysis-D"),
    "ReferenceSample": ("QC-%03d", "referencesample-QC"),
    "ReferenceAnalysis": ("SA-%03d", "referenceanalysis-SA"),
    "Worksheet": ("WS-%03d", "worksheet-WS"),
}


def _lines(text):
    return [line for line in text.strip().split("\n") if line]


def _load_types():
    types = {}
    parts = {"BANK": BANK, "PERSON": PERSON, "TEST": TEST, "RESULT": RESULT,
             "TASK": TASK}
    for line in _lines(_TYPES):
        name, framework, fields, folder, catalog, flow = line.split("|")
        if catalog == "":
            catalog = "" if name == "Setup" else "senaite_catalog"
        elif catalog != "portal_catalog":
            catalog = "senaite_catalog_" + catalog
        types[name] = Type(name, framework, fields.format(**parts),
                           bool(folder), catalog, "senaite_%s_workflow" % flow)
    for name in _PLAIN_DX.split():
        types[name] = Type(name, "DX", "title:!", False,
                           "senaite_catalog_setup",
                           "senaite_deactivable_type_workflow")
    for line in _lines(FOLDERS):
        name = line.split("|")[1]
        if name in types:
            continue
        flow = "senaite_%s_workflow" % _AT_FOLDERS.get(name, "one_state")
        framework = "AT" if name in _AT_FOLDERS else "DX"
        types[name] = Type(name, framework, "", True,
                           "portal_catalog" if framework == "AT" else "",
                           flow)
    return types


TYPES = _load_types()
RESOURCES = {name.lower(): name for name in TYPES}


def folders():
    """(path, type, title, addable types) of each site folder."""
    for line in _lines(FOLDERS):
        path, kind, title, addable = line.split("|")
        yield path, kind, title, addable.split()


# Catalogs: the columns a brain shows, and the indexes that filter.
_COMMON_INDEXES = ("UID Creator allowedRolesAndUsers created getId id "
                   "is_active object_provides path portal_type review_state "
                   "title").split()
_COMMON_COLUMNS = ["allowedRolesAndUsers", "review_state", "state_title"]
_CATALOGS = """
senaite_catalog|Created creator getClientBatchID getClientID getClientTitle \
getDateReceived getDateSampled getProgress sortable_title|BatchDate \
Description Title Type getBlank getClientBatchID getClientID getClientTitle \
getClientUID getDateReceived getDateSampled getDueDate getExpiryDate \
getReferenceDefinitionUID getSupportedServices isValid \
listing_searchable_text sortable_title
senaite_catalog_analysis|getAnalysisPortalType getClientOrderNumber \
getClientTitle getClientURL getDateReceived getDateSampled getDueDate \
getKeyword getLastVerificator getMethodTitle getMethodURL \
getNumberOfRequiredVerifications getNumberOfVerifications getParentURL \
getPrioritySortkey getReferenceAnalysesGroupID getReferenceResults \
getRemarks getRequestID getRequestTitle getRequestURL getResult \
getResultCaptureDate getResultOptions getRetestOfUID getSampleTypeUID \
getServiceUID getSubmittedBy getUnit getVerificators \
isSelfVerificationEnabled|getAnalyst getAncestorsUIDs getCategoryUID \
getClientTitle getClientUID getDateReceived getDueDate getInstrumentUID \
getKeyword getPointOfCapture getPrioritySortkey \
getReferenceAnalysesGroupID getRequestID getResultCaptureDate \
getSampleTypeUID getServiceUID getWorksheetUID sortable_title
senaite_catalog_auditlog||action actor listing_searchable_text modified \
modifiers snapshot_created snapshot_version
senaite_catalog_autoimportlog|getImportedFile getInstrumentTitle \
getInstrumentUrl getInterface getLogTimegetResults|getInstrumentUID
senaite_catalog_client|getClientID getEmailAddress getGroupId getName|Title \
client_searchable_text getClientID getName sortable_title
senaite_catalog_contact|getEmailAddress getFullname|Title getFullname \
getParentUID getUsername listing_searchable_text sortable_title
senaite_catalog_label|getLabels|labels listing_searchable_text
senaite_catalog_report|getClientTitle getClientURL getFileSize|\
arreport_searchable_text getClientUID sample_uid
senaite_catalog_sample|assigned_state getAnalysesNum getBatchID getBatchUID \
getBatchURL getClientID getClientOrderNumber getClientReference \
getClientSampleID getClientTitle getClientUID getClientURL getContactUID \
getDatePublished getDateReceived getDateSampled getDateVerified \
getDescendantsUIDs getDistrict getDueDate getHazardous getInternalUse \
getInvoiceExclude getPhysicalPath getPrinted getPrioritySortkey \
getProfilesTitleStr getProgress getProvince getRawParentAnalysisRequest \
getSamplePointTitle getSampleTypeTitle getSampleTypeUID getSampler \
getSamplingDate getSamplingDeviationTitle getSamplingWorkflowEnabled \
getStorageLocationTitle getStorageLocationUID getTemplateTitle \
getTemplateUID getTemplateURL|assigned_state getBatchUID getClientID \
getClientSampleID getClientTitle getClientUID getDatePublished \
getDateReceived getDateSampled getDateVerified getDistrict getDueDate \
getPrinted getPrioritySortkey getProvince getReceivedBy getSampler \
getSamplingDate isRootAncestor is_received listing_searchable_text modified \
sortable_title
senaite_catalog_setup|getCategoryUID getClientUID getKeyword getPrefix \
getProfileKey sortable_title|Description Title Type category_uid \
department_id department_title department_uid getClientUID getKeyword \
instrument_title instrumenttype_title listing_searchable_text \
method_available_uid point_of_capture price price_total profile_key \
sampletype_title sampletype_uid sortable_title
senaite_catalog_worksheet|getAnalysesUIDs getAnalyst getNumberOfQCAnalyses \
getNumberOfRegularAnalyses getNumberOfRegularSamples getProgressPercentage \
getWorksheetTemplateTitle getWorksheetTemplateUID getWorksheetTemplateURL|\
getAnalysesUIDs getAnalyst getWorksheetTemplateTitle listing_searchable_text
"""


class Catalog:
    def __init__(self, name, columns, indexes):
        self.name = name
        self.columns = columns
        self.indexes = set(indexes)
        # Only SENAITE's own catalogs hide what the user may not see.
        self.filters_by_role = name.startswith("senaite_")

    def portal_types(self):
        if self.name == "senaite_catalog_auditlog":
            return sorted(TYPES)
        return sorted(t.name for t in TYPES.values()
                      if t.catalog == self.name)


def _load_catalogs():
    catalogs = {
        "uid_catalog": Catalog("uid_catalog", [], [
            "UID", "Type", "id", "Title", "portal_type", "path"]),
        "portal_catalog": Catalog("portal_catalog", [
            "end", "exclude_from_nav", "expires", "is_folderish",
            "mime_type", "review_state", "start"], [
            "Creator", "Date", "Description", "Subject", "Title", "Type",
            "UID", "allowedRolesAndUsers", "created", "effective", "expires",
            "getId", "id", "modified", "path", "portal_type", "review_state",
            "sortable_title"]),
    }
    for line in _lines(_CATALOGS):
        name, columns, indexes = line.split("|")
        catalogs[name] = Catalog(
            name, columns.split() + _COMMON_COLUMNS,
            indexes.split() + _COMMON_INDEXES)
    return catalogs


CATALOGS = _load_catalogs()
