#include "shape_names.h"

#include <string.h>

/* Every list begins and ends with a blank, with one blank between names. */

/* Members of an item that are no fields, of any type. */
static const char anywhere[] = " Created _runtime allowedRolesAndUsers api_url"
    " assigned_state author children children_count constrainTypesMode created"
    " creation_date creator creators effective end exclude_from_nav expires id"
    " immediatelyAddableTypes is_folderish labproduct_total_price"
    " labproduct_vat_amount locallyAllowedTypes mime_type modification_date"
    " modified nextPreviousEnabled parent_id parent_path parent_uid parent_url"
    " path portal_type review_state sortable_title start state_title tags"
    " title uid url workflow_info ";

/* Computed fields by type. */
static const struct {
	const char *types, *names;
} computed[] = {
	{ " AnalysisRequest ", " Analyses BatchID BatchURL ContactEmail"
	    " ContactFullName ContactUID ContactUsername DatePublished"
	    " Invoiced ReceivedBy SamplePointTitle SamplePointUID"
	    " SampleTypeTitle SampleTypeUID StorageLocationUID TemplateTitle"
	    " TemplateUID TemplateURL " },
	{ " Contact LabContact SupplierContact ",
	    " City Country District Fullname PostalCode " },
	{ " InstrumentCalibration InstrumentCertification"
	    " InstrumentMaintenanceTask InstrumentScheduledTask"
	    " InstrumentValidation ", " InstrumentUID " },
	{ " Instrument ", " Valid " },
	{ " ReferenceSample ", " ReferenceDefinitionUID SupplierUID " },
};

/* Fields whose content is an attachment; null when there is none. */
static const char files[] = " AccreditationBodyLogo AttachmentFile Document"
    " File InstallationCertificate MethodDocument Pdf Photo"
    " RetractedAnalysesPdfReport Signature attachment_file ";

/* Members of plone.restapi's answers, for Dexterity, that are no fields. */
static const char of_restapi[] = " UID allow_discussion changeNote contributors"
    " created creators effective exclude_from_nav expires id is_folderish items"
    " items_total language layout lock modified next_item nextPreviousEnabled"
    " parent previous_item relatedItems review_state rights subjects title"
    " version versioning_enabled ";

/* Fields that are named like a column. */
static const char kept[] = " Date Type description location ";

static const char empty_text[] = " AccountName AccountNumber AccountType"
    " AccreditationReference AccreditationBodyURL Agency Analyst AssetNumber"
    " AttachmentKeys AutoPrintStickers AutoStickerTemplate BankBranch BankName"
    " Batch BatchID BusinessFax BusinessPhone CCEmails Calculation Calibrator"
    " CatalogueNumber ClientBatchID ClientID ClientOrderNumber ClientReference"
    " ClientSampleID CommercialID Considerations Container DataInterface"
    " DecimalMark DefaultDepartment DefaultResult Department DetachedFrom"
    " DetectionLimitOperand DocumentLocation DocumentType DynamicAnalysisSpec"
    " EmailAddress EmailBodySampleInvalidation EmailBodySamplePublication"
    " EmailBodySampleRejection EnvironmentalConditions ExpirationInterval Fax"
    " Firstname Formula HomePhone Html IDServerValues"
    " InlabCalibrationProcedure Instructions Instrument InstrumentLocation"
    " Invalidated Invoice JobTitle LabURL LandingPage LotNumber Maintainer"
    " Manufacturer Method MethodID Middleinitial Middlename MobilePhone Name"
    " ParentAnalysisRequest Phone Preparator Preservation Preserver"
    " PreventiveMaintenanceProcedure PrimaryAnalysisRequest Printed ProtocolID"
    " PublicationSpecification Remarks Result ResultOptionsType"
    " ResultsInterpretation RetestOf Salutation SampleCondition SamplePoint"
    " SampleType Sampler SamplingDeviation ScheduledSamplingSampler ShortTitle"
    " Specification StorageLocation SubGroup Supervisor Supplier Surname"
    " TaskID TaxNumber Template TestResult Validator WorkPerformed Worker"
    " WorksheetTemplate description language location rights ";

static const char empty_list[] = " Analyses AnalysisServicesSettings"
    " Attachment BatchLabels CCContact Calculations Conditions"
    " ContainedAnalysisRequests DataInterfaceOptions DefaultCategories"
    " Departments DependentServices ImportDataInterface Instruments"
    " InterimFields Layout Methods PartitionSetup Profiles PythonImports"
    " Recipients ReferenceResults RejectionReasons RestrictedCategories"
    " ResultFilesFolder ResultOptions ResultsInterpretationDepts ResultsRange"
    " SendLog ServiceConditions TestParameters Uncertainties UnitChoices"
    " contributors relatedItems subject ";

static const char empty_false[] = " Accredited AllowManualDetectionLimit"
    " AllowManualResultCaptureDate AllowManualUncertainty"
    " AllowToSubmitNotAssigned AlwaysCCResponsiblesInReportEmail"
    " AttachmentRequired AutoVerifySamples AutoreceiveSamples Blank"
    " BulkDiscount CategoriseAnalysisServices CategorizeSampleAnalyses Closed"
    " Composite DashboardByDefault DateSampledRequired DefaultDecimalMark"
    " DetectionLimitSelector DisposeUntilNextCalibrationTest EnableARSpecs"
    " EnableAnalysisRemarks EnableGlobalAuditlog Hazardous Hidden"
    " HiddenManually ImmediateResultsEntry InstrumentEntryOfResults Internal"
    " InternalUse InvoiceExclude LaboratoryAccredited ManualEntryOfResults"
    " MemberDiscountApplies NotifyOnSampleInvalidation NotifyOnSampleRejection"
    " PrecisionFromUncertainty PrintingWorkflowEnabled RenderInReport"
    " RestrictWorksheetManagement RestrictWorksheetUsersAccess"
    " SampleAnalysesRequired SamplePreservationEnabled SamplingWorkflowEnabled"
    " ScheduleSamplingEnabled ScientificName SelfVerificationEnabled Separate"
    " ShowLabNameInLogin ShowPartitions ShowPrices StringResult"
    " UseDefaultCalculation excludeFromNav ";

static const char empty_record[] = " BillingAddress MaxHoldingTime"
    " PhysicalAddress PostalAddress RetentionPeriod ";

/* Null is null there, or cannot be told from what it may stand for and is
 * not worth a request an object. */
static const char empty_null[] = " DateDisposed DateExpired DateOpened"
    " DatePreserved DatePrinted DateReceived DateSampled DownFrom DownTo"
    " EmailFromSamplePublication ExpiryDate InstallationDate ResultCaptureDate"
    " SamplingDate SortKey Uncertainty Unit Username _ARAttachment"
    " allowDiscussion effectiveDate expirationDate ";

static const char analyses[] =
    " Analysis DuplicateAnalysis ReferenceAnalysis RejectAnalysis ";

static int
has(const char *list, struct json_span name)
{
	const char *p = list;

	if (name.len == 0 || memchr(name.at, ' ', name.len) != NULL)
		return 0;
	while ((p = memmem(p, strlen(p), name.at, name.len)) != NULL) {
		if (p > list && p[-1] == ' ' && p[name.len] == ' ')
			return 1;
		p++;
	}
	return 0;
}

static int
is_column(struct json_span name, const struct buf *columns)
{
	const char *p = columns->at;
	const char *end = p == NULL ? NULL : p + columns->len;

	/* Accessors are columns, whatever their catalog is called. */
	if (name.len > 3 && memcmp(name.at, "get", 3) == 0 &&
	    name.at[3] >= 'A' && name.at[3] <= 'Z')
		return 1;
	if (p == NULL || name.len == 0)
		return 0;
	while ((p = memmem(p, (size_t)(end - p), name.at, name.len)) !=
	    NULL) {
		if (p > columns->at && p[-1] == '\n' &&
		    p + name.len < end && p[name.len] == '\n')
			return 1;
		p++;
	}
	return 0;
}

int
shape_is_noise(struct json_span type, struct json_span name,
    const struct buf *columns)
{
	size_t i;

	if (has(anywhere, name))
		return 1;
	if (has(kept, name))
		return 0;
	for (i = 0; i < sizeof(computed) / sizeof(computed[0]); i++)
		if (has(computed[i].types, type) &&
		    has(computed[i].names, name))
			return 1;
	return is_column(name, columns);
}

static int
is(struct json_span name, const char *text)
{
	return name.len == strlen(text) &&
	    memcmp(name.at, text, name.len) == 0;
}

const char *
shape_empty(struct json_span type, struct json_span name)
{
	if (is(name, "Calculation") && has(analyses, type))
		return "null";
	if (is(name, "ResultsRange") && has(analyses, type))
		return "{}";
	if (is(name, "Remarks") &&
	    has(" AnalysisRequest Batch Worksheet ", type))
		return "[]";
	if (has(empty_text, name))
		return "\"\"";
	if (has(empty_list, name))
		return "[]";
	if (has(empty_false, name))
		return "false";
	if (has(empty_record, name))
		return "{}";
	return has(empty_null, name) ? "null" : NULL;
}

int
shape_is_extra(struct json_span name)
{
	return name.len > 0 && name.at[0] != '@' && !has(of_restapi, name) &&
	    !has(files, name);
}

int
shape_is_file(struct json_span name)
{
	return has(files, name);
}

int
shape_is_duration(struct json_span name)
{
	return has(" retention_period sampling_frequency ", name);
}

int
shape_is_bare_reference(struct json_span type, struct json_span name)
{
	return has(" LabContact ", type) && has(" Department ", name);
}
