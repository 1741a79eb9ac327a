//! The framework's VST3 object, with what VST3 knows and the framework does not tell.
//!
//! In: a host's calls. Out: the framework's answers, with five amended: the host's name is taken in, parameters with
//! names are lists, the latency is told without a restart after the first activation, the tail is endless, and a state
//! that was refused is not said to be loaded.

use std::sync::Arc;

use nice_plug::wrapper::vst3::Wrapper;
use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::ChannelContext::{IInfoListener, IInfoListenerTrait};
use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::ParameterInfo_::ParameterFlags_;
use nice_plug::wrapper::vst3::vst3::Steinberg::Vst::{
    BusDirection, BusInfo, CString, CtrlNumber, IAttributeList, IAudioProcessor, IAudioProcessorTrait, IComponent,
    IComponentHandler, IComponentTrait, IEditController, IEditControllerTrait, IHostApplication, IHostApplicationTrait,
    IMidiMapping, IMidiMappingTrait, INoteExpressionController, INoteExpressionControllerTrait,
    IProcessContextRequirements, IProcessContextRequirementsTrait, IUnitInfo, IUnitInfoTrait, IoMode, MediaType,
    NoteExpressionTypeID, NoteExpressionTypeInfo, NoteExpressionValue, ParamID, ParamValue, ParameterInfo, ProcessData,
    ProcessSetup, ProgramListID, ProgramListInfo, RoutingInfo, SpeakerArrangement, String128, TChar, UnitID, UnitInfo,
};
use nice_plug::wrapper::vst3::vst3::Steinberg::{
    FIDString, FUnknown, IBStream, IPlugView, IPluginBaseTrait, TBool, TUID, int16, int32, kResultFalse, kResultOk,
    tresult, uint32,
};
use nice_plug::wrapper::vst3::vst3::{Class, ComRef};

use super::super::{ConAnima, latency_samples, newest};
use crate::params::{Kind, PARAMETERS, VoiceParams};

/// One instance.
pub(super) struct Component {
    framework: Wrapper<ConAnima>,
    params: Arc<VoiceParams>,
}

impl Component {
    pub(super) fn new() -> Self {
        let (framework, params) = newest::made(Wrapper::new);
        Self { framework, params }
    }
}

impl Class for Component {
    type Interfaces = (
        IComponent,
        IEditController,
        IAudioProcessor,
        IMidiMapping,
        INoteExpressionController,
        IProcessContextRequirements,
        IUnitInfo,
        IInfoListener,
    );
}

/// Functions that the framework answers as it does.
macro_rules! forward {
    ($interface:ident: $($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {$(
        unsafe fn $name(&self $(, $argument: $type)*) -> $result {
            // SAFETY: called as the host calls it.
            unsafe { $interface::$name(&self.framework $(, $argument)*) }
        }
    )*};
}

impl IPluginBaseTrait for Component {
    unsafe fn initialize(&self, context: *mut FUnknown) -> tresult {
        // SAFETY: the host gives an object that lives for the call, or nothing.
        if let Some(name) = unsafe { host_name(context) } {
            self.params.daw.tell_name(&name);
        }
        // SAFETY: called as the host calls it.
        unsafe { self.framework.initialize(context) }
    }

    forward! { IPluginBaseTrait:
        terminate() -> tresult;
    }
}

/// The name that a host tells with its context.
unsafe fn host_name(context: *mut FUnknown) -> Option<String> {
    let mut name: String128 = [0; 128];
    // SAFETY: the caller's; the name's room is as long as its type says.
    let is_told = unsafe {
        let host = ComRef::from_raw(context)?.cast::<IHostApplication>()?;
        host.getName(&raw mut name) == kResultOk
    };
    let units: Vec<u16> = name.iter().copied().take_while(|unit| *unit != 0).collect();
    is_told.then(|| String::from_utf16_lossy(&units))
}

impl IComponentTrait for Component {
    unsafe fn setState(&self, state: *mut IBStream) -> tresult {
        // SAFETY: called as the host calls it.
        let result = unsafe { IComponentTrait::setState(&self.framework, state) };
        if self.params.song.is_refused() { kResultFalse } else { result }
    }

    forward! { IComponentTrait:
        getControllerClassId(class_id: *mut TUID) -> tresult;
        setIoMode(mode: IoMode) -> tresult;
        getBusCount(media: MediaType, direction: BusDirection) -> int32;
        getBusInfo(media: MediaType, direction: BusDirection, index: int32, info: *mut BusInfo) -> tresult;
        getRoutingInfo(input: *mut RoutingInfo, output: *mut RoutingInfo) -> tresult;
        activateBus(media: MediaType, direction: BusDirection, index: int32, state: TBool) -> tresult;
        setActive(state: TBool) -> tresult;
        getState(state: *mut IBStream) -> tresult;
    }
}

impl IEditControllerTrait for Component {
    unsafe fn getParameterInfo(&self, index: int32, info: *mut ParameterInfo) -> tresult {
        // SAFETY: called as the host calls it; the framework has filled what the host points to.
        let result = unsafe { self.framework.getParameterInfo(index, info) };
        let listed = usize::try_from(index).ok().and_then(|index| PARAMETERS.get(index));
        let is_list = listed.is_some_and(|listed| matches!(listed.kind, Kind::Choice(_)));
        if result == kResultOk && is_list {
            // SAFETY: as above.
            unsafe { (*info).flags |= ParameterFlags_::kIsList };
        }
        result
    }

    forward! { IEditControllerTrait:
        setComponentState(state: *mut IBStream) -> tresult;
        setState(state: *mut IBStream) -> tresult;
        getState(state: *mut IBStream) -> tresult;
        getParameterCount() -> int32;
        getParamStringByValue(id: ParamID, value: ParamValue, string: *mut String128) -> tresult;
        getParamValueByString(id: ParamID, string: *mut TChar, value: *mut ParamValue) -> tresult;
        normalizedParamToPlain(id: ParamID, value: ParamValue) -> ParamValue;
        plainParamToNormalized(id: ParamID, value: ParamValue) -> ParamValue;
        getParamNormalized(id: ParamID) -> ParamValue;
        setParamNormalized(id: ParamID, value: ParamValue) -> tresult;
        setComponentHandler(handler: *mut IComponentHandler) -> tresult;
        createView(name: FIDString) -> *mut IPlugView;
    }
}

impl IAudioProcessorTrait for Component {
    unsafe fn getLatencySamples(&self) -> uint32 {
        self.params.daw.latency_samples()
    }

    /// Known from here on, before the plugin is activated.
    unsafe fn setupProcessing(&self, setup: *mut ProcessSetup) -> tresult {
        // SAFETY: called as the host calls it.
        unsafe {
            if let Some(setup) = setup.as_ref() {
                let mode = self.params.values().mode();
                self.params.daw.tell_latency(latency_samples(setup.sampleRate, mode));
            }
            self.framework.setupProcessing(setup)
        }
    }

    /// Endless: the singer may breathe in where nothing comes in any more.
    unsafe fn getTailSamples(&self) -> uint32 {
        uint32::MAX
    }

    forward! { IAudioProcessorTrait:
        setBusArrangements(
            inputs: *mut SpeakerArrangement, n_inputs: int32, outputs: *mut SpeakerArrangement, n_outputs: int32
        ) -> tresult;
        getBusArrangement(direction: BusDirection, index: int32, arrangement: *mut SpeakerArrangement) -> tresult;
        canProcessSampleSize(size: int32) -> tresult;
        setProcessing(state: TBool) -> tresult;
        process(data: *mut ProcessData) -> tresult;
    }
}

impl IMidiMappingTrait for Component {
    forward! { IMidiMappingTrait:
        getMidiControllerAssignment(bus: int32, channel: int16, controller: CtrlNumber, id: *mut ParamID) -> tresult;
    }
}

impl INoteExpressionControllerTrait for Component {
    forward! { INoteExpressionControllerTrait:
        getNoteExpressionCount(bus: int32, channel: int16) -> int32;
        getNoteExpressionInfo(bus: int32, channel: int16, index: int32, info: *mut NoteExpressionTypeInfo) -> tresult;
        getNoteExpressionStringByValue(
            bus: int32, channel: int16, id: NoteExpressionTypeID, value: NoteExpressionValue, string: *mut String128
        ) -> tresult;
        getNoteExpressionValueByString(
            bus: int32, channel: int16, id: NoteExpressionTypeID, string: *const TChar, value: *mut NoteExpressionValue
        ) -> tresult;
    }
}

impl IProcessContextRequirementsTrait for Component {
    forward! { IProcessContextRequirementsTrait:
        getProcessContextRequirements() -> uint32;
    }
}

impl IUnitInfoTrait for Component {
    forward! { IUnitInfoTrait:
        getUnitCount() -> int32;
        getUnitInfo(index: int32, info: *mut UnitInfo) -> tresult;
        getProgramListCount() -> int32;
        getProgramListInfo(index: int32, info: *mut ProgramListInfo) -> tresult;
        getProgramName(list: ProgramListID, index: int32, name: *mut String128) -> tresult;
        getProgramInfo(list: ProgramListID, index: int32, attribute: CString, value: *mut String128) -> tresult;
        hasProgramPitchNames(list: ProgramListID, index: int32) -> tresult;
        getProgramPitchName(list: ProgramListID, index: int32, pitch: int16, name: *mut String128) -> tresult;
        getSelectedUnit() -> UnitID;
        selectUnit(id: UnitID) -> tresult;
        getUnitByBus(media: MediaType, direction: BusDirection, bus: int32, channel: int32, id: *mut UnitID) -> tresult;
        setUnitProgramData(list_or_unit: int32, index: int32, data: *mut IBStream) -> tresult;
    }
}

impl IInfoListenerTrait for Component {
    forward! { IInfoListenerTrait:
        setChannelContextInfos(list: *mut IAttributeList) -> tresult;
    }
}
