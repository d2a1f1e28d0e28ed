"""Words that may be told in clear: what every radiology department writes, and nobody is called by in a cohort.

Folders and free text hold names of patients and physicians too. No rule tells those apart, so what is not in these
lists is never told.
"""

from collections.abc import Collection


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What classes are called; whoever finds one of these in a path or header has likely found the label.
CLASS_WORDS = _listed(
    """
    pos positive positives neg negative negatives true false label labels class case cases control controls
    methylated unmethylated meth unmeth mgmt mutant mutated mut mutants wildtype wildtypes wt wild idh egfr kras alk
    braf tert atrx her brca codel noncodel codeleted codeletion amplified deleted
    malignant benign responder responders nonresponder nonresponders progressor progressors recurrent
    sclc nsclc adenocarcinoma adeno squamous gbm hgg lgg metastasis metastases metastatic metastasised metastasized
    """
)

_SEQUENCE = _listed(
    """
    t1 t1w t1wce t1ce t1gd t1c t2 t2w t2star flair ct cta mr mri pet pt dwi swi adc dti diff diffusion trace perf
    perfusion dsc dce asl pwi cbf cbv mtt tof mra mrv mrs angio angiography bold fmri epi ep2d se fse tse gre gr ir
    spgr fspgr mprage bravo space cube vibe medic ffe fl2d fl3d tirm stir dark fluid pd pdw proton density weighted
    localizer localiser loc scout survey pilot topogram surview scanogram calibration fieldmap mip minip subtraction
    dose rtdose rtstruct rtplan plan planning ax axial sag sagittal cor coronal tra transverse oblique obl plane
    2d 3d 3t 1t 5t 5mm 3mm 2mm 1mm thick thin slice slices volume fs fat sat fatsat suppressed suppression
    pre post gad gd gadolinium contrast agent km ce plus minus native nativ plain enhanced unenhanced with without wo w
    iv spectroscopy dynamic delayed arterial venous portal phase kernel soft sharp standard lung bone window
    dicom dcm nii nifti img image images im series ser study studies exam scan scans frame file files data dataset
    export raw original derived primary secondary resampled registered normalised normalized preprocessed processed
    corrected stripped skullstripped mask masks seg segmentation roi lesion lesions
    """
)

_ANATOMY = _listed(
    """
    brain head skull neuro cranial cranium cerebral cerebellum cerebellar frontal temporal parietal occipital insula
    thalamus brainstem pons ventricle spine spinal cervical thoracic lumbar neck chest thorax abdomen abdominal pelvis
    pelvic limb arm leg thigh knee hip shoulder hand foot ankle elbow wrist forearm extremity extremities upper lower
    left right bilateral lobe hilar mediastinum liver kidney renal pancreas spleen prostate bladder breast heart cardiac
    aorta whole body wb tissue muscle trunk
    """
)

_CLINIC = _listed(
    """
    tumor tumour tumors tumours cancer carcinoma sarcoma glioma gliomas glioblastoma astrocytoma oligodendroglioma
    oligoastrocytoma meningioma lymphoma small cell non type subtype grade grading stage staging who high low
    intermediate undifferentiated liposarcoma leiomyosarcoma histiocytoma synovial mutation methylation expression
    status gene genomic molecular cluster clusters unknown other others none no yes not
    distant local recurrence progression progressive stable response disease free
    baseline follow followup up visit initial final routine protocol standard research trial
    treated untreated treatment therapy chemotherapy radiotherapy radiation surgery surgical biopsy resection resected
    preop postop preoperative postoperative operative male female adult paediatric pediatric
    patient patients subject subjects cohort group set subset train training validation test testing external internal
    site center centre hospital institution department radiology radiotherapy oncology
    """
)

_ROMAN = frozenset({"i", "ii", "iii", "iv", "v", "iia", "iib", "iiia", "iiib", "iva", "ivb"})  # grades and stages
PLAIN = CLASS_WORDS | _SEQUENCE | _ANATOMY | _CLINIC | _ROMAN
PATH = "path"  # the field of a path's words; of those that are digests "path folder 2" or "path file"
DIGESTED = "#"  # what a word begins with that is kept as a digest; no word does
_DIGITS = frozenset("0123456789")


def is_plain(word: str, more: Collection[str] = ()) -> bool:
    """Whether a lower-case word may be told: of the lists or of `more`, a digit, or such a word and a digit (idh1)."""
    stem = word[:-1] if word[-1:] in _DIGITS else word
    return not stem or not {word, stem}.isdisjoint(PLAIN) or word in more
